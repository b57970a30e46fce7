#include "sctab/formats/streams/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "sctab/core/numbers.hpp"

namespace sctab::streams {
namespace {

constexpr std::size_t kFirstBytes = 1U << 18U;

}  // namespace

LineReader::LineReader(ByteStream& stream, LineOptions options)
    : stream_(stream), options_(std::move(options)), buffer_(std::min(kFirstBytes, options_.most_bytes + 2), '\0') {
  refill();
  skip_byte_order_mark();
}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = 0;
  const char* found = nullptr;
  while (true) {
    const std::size_t from = begin_ + searched;
    found = static_cast<const char*>(std::memchr(buffer_.data() + from, '\n', end_ - from));
    if (found != nullptr || at_end_) break;
    searched = end_ - begin_;
    refill();
  }
  if (found == nullptr && begin_ == end_) return false;
  const std::size_t line_end = found != nullptr ? static_cast<std::size_t>(found - buffer_.data()) : end_;
  line = std::string_view(buffer_).substr(begin_, line_end - begin_);
  const std::size_t taken = line.size() + (found != nullptr ? 1 : 0);
  begin_ += taken;
  offset_ += static_cast<std::int64_t>(taken);
  ++line_number_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > options_.most_bytes) throw too_long();
  if (line.find('\0') != std::string_view::npos) {
    throw error({.found = "has a byte 0, which no text has", .expected = options_.expected});
  }
  return true;
}

core::InputError LineReader::error(core::Problem problem) const {
  problem.file = stream_.path().string();
  problem.line = line_number_;
  return core::InputError(std::move(problem));
}

/// Moves what is left to the front, and makes room where it fills the buffer.
void LineReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  const std::size_t most = options_.most_bytes + 2;  // with CRLF
  if (end_ == most) {
    ++line_number_;
    throw too_long();
  }
  if (end_ == buffer_.size()) buffer_.resize(std::min(2 * buffer_.size(), most));
  const std::size_t room = buffer_.size() - end_;
  const std::size_t n = stream_.read(std::as_writable_bytes(std::span(buffer_)).subspan(end_));
  end_ += n;
  at_end_ = n < room;
  if (at_end_) buffer_[end_] = '\0';
}

void LineReader::skip_byte_order_mark() {
  begin_ = check_byte_order_mark(std::string_view(buffer_).substr(0, end_), stream_.path(), options_.expected);
  offset_ = static_cast<std::int64_t>(begin_);
}

core::InputError LineReader::too_long() const {
  return error({.found = fmt::format("is longer than {}", core::format_bytes(static_cast<double>(options_.most_bytes))),
                .expected = options_.expected});
}

std::size_t check_byte_order_mark(std::string_view first_bytes, const std::filesystem::path& path,
                                  std::string_view expected) {
  constexpr std::string_view kUtf8 = "\xEF\xBB\xBF";
  if (first_bytes.starts_with("\xFF\xFE") || first_bytes.starts_with("\xFE\xFF")) {
    throw core::InputError({.file = path.string(),
                            .found = "is UTF-16 text",
                            .expected = std::string(expected) + " in UTF-8",
                            .next_step = "save it again as UTF-8"});
  }
  return first_bytes.starts_with(kUtf8) ? kUtf8.size() : 0;
}

}  // namespace sctab::streams
