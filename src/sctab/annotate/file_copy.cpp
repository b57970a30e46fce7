#include "sctab/annotate/file_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBytesPerCall = 64 << 20;

/// A file descriptor; -1 where opening failed.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// True where copy_file_range() failed because this kernel or this pair of file systems does not offer it.
bool not_offered(int error) {
  return error == EXDEV || error == ENOSYS || error == EINVAL || error == EOPNOTSUPP || error == EPERM;
}

}  // namespace

void duplicate_file(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
  const Descriptor source(from, O_RDONLY);
  if (source.get() < 0) {
    throw core::InputError(fmt::format("{}: cannot be read: {}", from.string(), std::strerror(errno)));
  }
  const Descriptor target(to, O_WRONLY | O_CREAT | O_EXCL);
  if (target.get() < 0) {
    throw core::InputError(fmt::format("{}: the folder cannot be written to: {}; choose another output",
                                       to.parent_path().string(), std::strerror(errno)));
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
      continue;
    }
    if (copied == 0) return;
    if (errno == EINTR) continue;
    if (in_kernel && not_offered(errno)) {
      in_kernel = false;
      continue;
    }
    throw core::InputError(fmt::format(
        "{}: the copy of {} cannot be written: {}; it needs {} and some room for the labels", to.parent_path().string(),
        from.string(), std::strerror(errno), core::format_bytes(static_cast<double>(fs::file_size(from)))));
  }
}

}  // namespace sctab::annotate
