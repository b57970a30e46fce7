#include "sctab/core/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::core {
namespace {

InputError refused(const std::filesystem::path& path, const InputNeeds& needs, std::string found) {
  return InputError(
      {.file = path.string(), .found = std::move(found), .expected = needs.expected, .next_step = needs.next_step});
}

/// What a file is that is none to read from; null for a regular one.
const char* other_kind(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return nullptr;
  if (S_ISDIR(status.st_mode)) return "is a folder";
  if (S_ISFIFO(status.st_mode)) return "is a FIFO, not a file";
  if (S_ISSOCK(status.st_mode)) return "is a socket, not a file";
  return "is a device, not a file";
}

struct stat status_of(const FileDescriptor& file, const std::filesystem::path& path, const InputNeeds& needs) {
  struct stat status {};
  if (::fstat(file.get(), &status) == 0) return status;
  throw refused(path, needs, fmt::format("cannot be read: {}", std::strerror(errno)));
}

/// read(2) until `most` bytes or the end.
std::size_t read_some(const FileDescriptor& file, char* out, std::size_t most, const std::filesystem::path& path,
                      const InputNeeds& needs) {
  while (true) {
    const ssize_t n = ::read(file.get(), out, most);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) throw refused(path, needs, fmt::format("cannot be read: {}", std::strerror(errno)));
    check_interrupt();
  }
}

FileIdentity identity(const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .bytes = status.st_size,
          .modified = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

}  // namespace

FileDescriptor open_input(const std::filesystem::path& path, const InputNeeds& needs) {
  if (needs.streams) check_interrupt();  // rather than wait for a writer after the signal that should end the wait
  // O_NONBLOCK, not to wait for a writer before it is known to be a FIFO; regular files know no such thing.
  const int flags = O_RDONLY | O_NOCTTY | (needs.streams ? 0 : O_NONBLOCK);
  FileDescriptor file = FileDescriptor::open(path, flags);
  while (!file.is_open() && errno == EINTR) {
    check_interrupt();
    file = FileDescriptor::open(path, flags);
  }
  if (!file.is_open()) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw refused(path, needs, missing ? "no such file" : fmt::format("cannot be opened: {}", std::strerror(errno)));
  }
  const struct stat status = status_of(file, path, needs);
  const char* const kind = other_kind(status);
  if (kind != nullptr && (!needs.streams || S_ISDIR(status.st_mode))) throw refused(path, needs, kind);
  return file;
}

FileIdentity identity_of(const FileDescriptor& file, const std::filesystem::path& path) {
  return identity(status_of(file, path, {}));
}

void require_unchanged(const std::filesystem::path& path, const FileIdentity& before) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || identity(status) != before) refuse_changed(path);
}

void refuse_changed(const std::filesystem::path& path) {
  throw InputError({.file = path.string(),
                    .found = "changed while it was read",
                    .next_step = "run again once nothing writes to it"});
}

std::string read_input(const std::filesystem::path& path, const InputNeeds& needs, std::uint64_t most_bytes) {
  constexpr std::size_t kPiece = 1U << 16U;
  constexpr std::int64_t kAlwaysAllowed = 16'000'000;
  const auto affordable = static_cast<std::uint64_t>(std::max(kAlwaysAllowed, memory_budget() / needs.expansion));
  const std::uint64_t most = std::min(most_bytes, affordable);
  const FileDescriptor file = open_input(path, needs);
  const struct stat status = status_of(file, path, needs);
  const bool is_file = S_ISREG(status.st_mode);
  const auto too_large = [&] {
    Problem problem =
        refused(path, needs, fmt::format("is larger than {}", format_bytes(static_cast<double>(most)))).problem();
    if (affordable < most_bytes) problem.next_step = "allow more with --memory";
    if (problem.next_step.empty()) problem.next_step = "check that it is the right file";
    return InputError(std::move(problem));
  };
  std::string bytes;
  if (is_file) {
    if (static_cast<std::uint64_t>(status.st_size) > most) throw too_large();
    bytes.reserve(static_cast<std::size_t>(status.st_size));
  }
  while (true) {  // not by size: it may grow, and files of /proc have none
    const std::size_t end = bytes.size();
    if (end > most) throw too_large();
    bytes.resize(end + kPiece);
    const std::size_t n = read_some(file, bytes.data() + end, kPiece, path, needs);
    bytes.resize(end + n);
    const bool is_no_text = !is_file && bytes.find('\0', end) != std::string::npos;
    if (n == 0 || is_no_text) return bytes;
  }
}

}  // namespace sctab::core
