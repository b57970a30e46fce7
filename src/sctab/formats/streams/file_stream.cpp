#include "sctab/formats/streams/file_stream.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::streams {
namespace {

bool is_regular_file(const core::FileDescriptor& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

FileStream::FileStream(std::filesystem::path path, const core::InputNeeds& needs)
    : path_(std::move(path)),
      file_(core::open_input(path_, needs)),
      identity_(core::identity_of(file_, path_)),
      is_regular_(is_regular_file(file_)) {}

std::size_t FileStream::read(std::span<std::byte> out) {
  const std::size_t n_peeked = std::min(out.size(), peeked_end_ - peeked_begin_);
  std::ranges::copy(std::span(peeked_).subspan(peeked_begin_, n_peeked), out.begin());
  peeked_begin_ += n_peeked;
  return n_peeked + read_file(out.subspan(n_peeked));
}

std::span<const std::byte> FileStream::peek(std::size_t most) {
  SCTAB_ASSERT(most <= peeked_.size());
  std::copy(peeked_.begin() + static_cast<std::ptrdiff_t>(peeked_begin_),
            peeked_.begin() + static_cast<std::ptrdiff_t>(peeked_end_), peeked_.begin());
  peeked_end_ -= std::exchange(peeked_begin_, 0);
  if (peeked_end_ < most) peeked_end_ += read_file(std::span(peeked_).subspan(peeked_end_, most - peeked_end_));
  return std::span(peeked_).first(std::min(most, peeked_end_));
}

std::size_t FileStream::read_file(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    core::check_interrupt();
    if (!is_regular_) wait_for_bytes();
    const ssize_t n = ::read(file_.get(), out.data() + done, out.size() - done);
    if (n == 0) break;
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR && errno != EAGAIN) {
      throw core::InputError(
          {.file = path_.string(), .found = fmt::format("cannot be read: {}", std::strerror(errno))});
    }
  }
  return done;
}

/// A signal may reach another thread than the one that waits for a pipe, so none waits for long.
void FileStream::wait_for_bytes() const {
  constexpr int kMilliseconds = 100;
  pollfd waiting{.fd = file_.get(), .events = POLLIN, .revents = 0};
  while (::poll(&waiting, 1, kMilliseconds) == 0) core::check_interrupt();
}

}  // namespace sctab::streams
