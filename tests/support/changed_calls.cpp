#include "support/changed_calls.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace sctab::tests {
namespace {

std::atomic<ChangedCalls*> changed{nullptr};

int fail(int error) {
  errno = error;
  return -1;
}

}  // namespace

ChangedCalls::ChangedCalls() {
  changed = this;
}

ChangedCalls::~ChangedCalls() {
  changed = nullptr;
}

}  // namespace sctab::tests

using sctab::tests::changed;
using sctab::tests::fail;

// The program's own definitions take precedence over those of libc.
extern "C" {

int link(const char* from, const char* to) noexcept {
  auto* const calls = changed.load();
  if (calls != nullptr && calls->no_links) return fail(EPERM);
  return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  auto* const calls = changed.load();
  if (calls != nullptr && calls->no_exchange && (flags & RENAME_EXCHANGE) != 0) return fail(EINVAL);
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int fsync(int descriptor) {
  auto* const calls = changed.load();
  if (calls != nullptr && !calls->unsynced.empty()) {
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor));
    if (path == std::filesystem::canonical(calls->unsynced)) return fail(EIO);
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset, std::size_t n, unsigned flags) {
  auto* const calls = changed.load();
  if (calls != nullptr && calls->copy_file_range) n = calls->copy_file_range(n);
  return n == 0 ? 0 : ::syscall(SYS_copy_file_range, from, from_offset, to, to_offset, n, flags);
}

ssize_t sendfile(int to, int from, off_t* offset, std::size_t n) noexcept {
  auto* const calls = changed.load();
  if (calls != nullptr && calls->sendfile) n = calls->sendfile(n);
  return n == 0 ? 0 : ::syscall(SYS_sendfile, to, from, offset, n);
}
}
