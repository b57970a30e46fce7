#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

namespace sctab::core {

/// Owns an open file, and closes it.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// Takes over an open file; a negative one is none.
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  /// ::open() with O_CLOEXEC, and 0666 where it creates the file. Not open, with errno set, where that fails.
  static FileDescriptor open(const std::filesystem::path& path, int flags);

  /// A second descriptor of the open file, with O_CLOEXEC. Not open, with errno set, where that fails.
  static FileDescriptor duplicate(int descriptor);

  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// What read_at() returns where the file ends before.
inline constexpr int kFileEnds = -1;

/// Fills `out` with the bytes at `offset`; any number of threads may share the file. Returns 0, an errno, or kFileEnds.
int read_at(int descriptor, std::int64_t offset, std::span<std::byte> out);
/// Writes all bytes at `offset`. Returns 0 or an errno.
int write_at(int descriptor, std::int64_t offset, std::span<const std::byte> bytes);

}  // namespace sctab::core
