#include "sctab/annotate/file_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBytesPerCall = 64 << 20;

/// True where copy_file_range() failed because this kernel or this pair of file systems does not offer it.
bool not_offered(int error) {
  return error == EXDEV || error == ENOSYS || error == EINVAL || error == EOPNOTSUPP || error == EPERM;
}

std::string size_text(off_t n_bytes) {
  return core::format_bytes(static_cast<double>(n_bytes));
}

core::FileDescriptor open_source(const fs::path& from) {
  core::FileDescriptor source = core::FileDescriptor::open(from, O_RDONLY);
  if (source.is_open()) return source;
  throw core::InputError({.file = from.string(), .found = fmt::format("cannot be read: {}", std::strerror(errno))});
}

off_t size_of(const core::FileDescriptor& file, const fs::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) == 0) return status.st_size;
  throw core::InputError(
      {.file = path.string(), .found = fmt::format("its size cannot be read: {}", std::strerror(errno))});
}

}  // namespace

void duplicate_file(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
  const core::FileDescriptor source = open_source(from);
  const off_t size = size_of(source, from);
  const core::FileDescriptor target = core::FileDescriptor::open(to, O_WRONLY | O_CREAT | O_EXCL);
  if (!target.is_open()) {
    throw core::InputError({.file = to.parent_path().string(),
                            .found = fmt::format("the folder cannot be written to: {}", std::strerror(errno)),
                            .next_step = "choose another output"});
  }
  bool in_kernel = true;
  off_t done = 0;
  while (!stop.stop_requested()) {
    core::check_interrupt();
    const ssize_t copied = in_kernel ? ::copy_file_range(source.get(), nullptr, target.get(), nullptr, kBytesPerCall, 0)
                                     : ::sendfile(target.get(), source.get(), nullptr, kBytesPerCall);
    if (copied > 0) {
      // Only begins to write: what waits for the disk is then short when the file is synced. No matter if it fails.
      (void)::sync_file_range(target.get(), done, copied, SYNC_FILE_RANGE_WRITE);
      done += copied;
    } else if (copied == 0 && done >= size) {
      return;
    } else if (in_kernel && (copied == 0 || not_offered(errno))) {
      in_kernel = false;  // some file systems' copy_file_range() says 0 before the end
    } else if (copied == 0) {
      throw core::InputError({.file = from.string(),
                              .found = fmt::format("ends after {} of its {}; is something writing to it?",
                                                   size_text(done), size_text(size)),
                              .next_step = "run again when it is whole"});
    } else if (errno != EINTR) {
      throw core::InputError(
          {.file = to.parent_path().string(),
           .found = fmt::format("the copy of {} cannot be written: {}", from.string(), std::strerror(errno)),
           .next_step = fmt::format("free {} and some room for the labels, or write the labels alone with -o FILE.csv",
                                    size_text(size))});
    }
  }
}

}  // namespace sctab::annotate
