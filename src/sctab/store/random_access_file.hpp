#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/input_file.hpp"

namespace sctab::store {

/// A file open for reading at any place, by any thread.
class RandomAccessFile {
 public:
  /// Throws InputError naming the file.
  explicit RandomAccessFile(const std::filesystem::path& path);

  /// Throws InputError where this is another file, or was written to since.
  void require_same(const core::FileIdentity& before) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Fills the span. Throws InputError where the file ends before.
  void read(std::int64_t offset, std::span<std::byte> bytes) const;
  /// Tells the system that these bytes are read next.
  void will_read(std::int64_t offset, std::int64_t n_bytes) const;

 private:
  std::filesystem::path path_;
  core::FileDescriptor file_;
};

}  // namespace sctab::store
