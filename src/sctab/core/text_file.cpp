#include "sctab/core/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/utf8.hpp"

namespace sctab::core {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF", kGzip = "\x1F\x8B";

bool is_control(char c) {
  return c >= '\0' && c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f';
}

}  // namespace

std::string checked_text(std::string text, const std::filesystem::path& path, const std::string& expected) {
  if (text.starts_with(kGzip)) {
    throw InputError({.file = path.string(),
                      .found = "is compressed with gzip",
                      .expected = expected,
                      .next_step = "unpack it with gunzip"});
  }
  const auto control = static_cast<std::size_t>(std::ranges::find_if(text, is_control) - text.begin());
  const std::size_t bad = std::min(find_non_utf8(text), control);
  if (bad < text.size()) {
    const auto lines_before = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    throw InputError({.file = path.string(),
                      .line = lines_before + 1,
                      .found = fmt::format("is not UTF-8 text: it has the byte {}", printable(text.substr(bad, 1))),
                      .expected = expected,
                      .next_step = "check that it is the right file, or save it as UTF-8"});
  }
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

std::string read_text_file(const std::filesystem::path& path, const std::string& expected, std::uint64_t most_bytes) {
  std::ifstream file(path, std::ios::binary);
  std::error_code failed;
  const bool is_folder = std::filesystem::is_directory(path, failed);
  std::string text;
  if (file && !is_folder) {
    constexpr std::size_t kPiece = 1U << 16U;  // not file_size(): /dev/stdin and pipes have none
    while (file && text.size() <= most_bytes) {
      const std::size_t end = text.size();
      text.resize(end + kPiece);
      file.read(text.data() + end, kPiece);
      text.resize(end + static_cast<std::size_t>(file.gcount()));
    }
  }
  if (is_folder || (!file && !file.eof())) {
    throw InputError({.file = path.string(),
                      .found = is_folder ? "is a folder" : "no such file, or it cannot be read",
                      .expected = expected});
  }
  if (text.size() > most_bytes) {
    throw InputError({.file = path.string(),
                      .found = fmt::format("is larger than {}", format_bytes(static_cast<double>(most_bytes))),
                      .expected = expected,
                      .next_step = "check that it is the right file"});
  }
  return checked_text(std::move(text), path, expected);
}

}  // namespace sctab::core
