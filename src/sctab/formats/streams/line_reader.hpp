#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::streams {

struct LineOptions {
  std::string expected = "a text file";  // what the file should be, for messages
  std::size_t most_bytes = 1U << 20U;    // of a line, which bounds the memory
};

/// Lines of a text, without what ends them: LF or CRLF, or nothing for the last. A byte order mark of UTF-8 is skipped.
/// Throws InputError naming file and line for UTF-16, for a byte 0, which no text has, and for a line that is too long.
class LineReader {
 public:
  /// Holds the stream.
  explicit LineReader(ByteStream& stream, LineOptions options = {});

  /// The next line; it stays as it is until the next call. A byte of memory follows it: CR, LF or 0. False at the end.
  bool next(std::string_view& line);
  /// Of the line that was read last, counted from 1.
  [[nodiscard]] std::int64_t line_number() const { return line_number_; }
  /// The bytes of the stream before the line that next() gives next.
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  /// An error in the line that was read last.
  [[nodiscard]] core::InputError error(core::Problem problem) const;

 private:
  void refill();
  void skip_byte_order_mark();
  [[nodiscard]] core::InputError too_long() const;

  ByteStream& stream_;
  LineOptions options_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is read and not yet given
  bool at_end_ = false;
  std::int64_t line_number_ = 0, offset_ = 0;
};

/// Throws InputError naming the file where its first bytes are the byte order mark of UTF-16 or UTF-32. Returns how
/// many bytes the byte order mark of UTF-8 takes, 3 or 0.
std::size_t check_byte_order_mark(std::string_view first_bytes, const std::filesystem::path& path,
                                  std::string_view expected);

}  // namespace sctab::streams
