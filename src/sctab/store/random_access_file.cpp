#include "sctab/store/random_access_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::store {

RandomAccessFile::RandomAccessFile(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    throw core::InputError(fmt::format("{}: cannot be opened: {}; a shard of the store is expected there",
                                       path.string(), std::strerror(errno)));
  }
}

RandomAccessFile::~RandomAccessFile() {
  ::close(descriptor_);
}

void RandomAccessFile::read(std::int64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ::ssize_t n = ::pread(descriptor_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      throw core::InputError(fmt::format("{}: cannot be read at byte {}: {}; restore the file or build the store again",
                                         path_.string(), offset,
                                         n == 0 ? "the file ends there" : std::strerror(errno)));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
}

void RandomAccessFile::will_read(std::int64_t offset, std::int64_t n_bytes) const {
  (void)::posix_fadvise(descriptor_, offset, n_bytes, POSIX_FADV_WILLNEED);
}

}  // namespace sctab::store
