#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace sctab::store {

/// A file open for reading at any place, by any thread.
class RandomAccessFile {
 public:
  /// Throws InputError naming the file.
  explicit RandomAccessFile(const std::filesystem::path& path);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Fills the span. Throws InputError where the file ends before.
  void read(std::int64_t offset, std::span<std::byte> bytes) const;
  /// Tells the system that these bytes are read next.
  void will_read(std::int64_t offset, std::int64_t n_bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace sctab::store
