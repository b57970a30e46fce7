#include "sctab/store/random_access_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstring>

#include "sctab/core/error.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::store {

RandomAccessFile::RandomAccessFile(const std::filesystem::path& path)
    : path_(path), file_(core::open_input(path, {.next_step = kRestore})) {}

void RandomAccessFile::require_same(const core::FileIdentity& before) const {
  if (core::identity_of(file_, path_) != before) core::refuse_changed(path_);
}

void RandomAccessFile::read(std::int64_t offset, std::span<std::byte> bytes) const {
  const int error = core::read_at(file_.get(), offset, bytes);
  if (error == 0) return;
  throw core::InputError(
      {.file = path_.string(),
       .found = fmt::format("cannot be read at byte {}: {}", offset,
                            error == core::kFileEnds ? "the file ends too early" : std::strerror(error)),
       .next_step = kRestore});
}

void RandomAccessFile::will_read(std::int64_t offset, std::int64_t n_bytes) const {
  (void)::posix_fadvise(file_.get(), offset, n_bytes, POSIX_FADV_WILLNEED);
}

}  // namespace sctab::store
