#include "sctab/formats/mtx/matrix_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/streams/read_ahead.hpp"

namespace sctab::mtx {
namespace {

constexpr std::string_view kBanner = "%%MatrixMarket";
constexpr std::string_view kBlanks = " \t\r\f\v", kBlanksAndLineEnds = " \t\r\f\v\n";
constexpr std::size_t kPiece = 1U << 20U, kLongestLine = 1U << 20U;
constexpr const char* kExpectedBanner = "%%MatrixMarket matrix coordinate integer general";
constexpr const char* kCopyAgain = "copy or download the file again";

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// What keeps us from reading a matrix of this kind; empty if nothing does.
std::string reason_against(const std::vector<std::string>& banner) {
  if (banner.size() != 5 || lower_case(banner[0]) != lower_case(kBanner) || lower_case(banner[1]) != "matrix") {
    return "does not begin as Matrix Market files do";
  }
  const std::string layout = lower_case(banner[2]), values = lower_case(banner[3]), symmetry = lower_case(banner[4]);
  if (layout != "coordinate") return fmt::format("is a matrix of the form '{}'", banner[2]);
  constexpr std::array<std::string_view, 4> kValues = {"integer", "real", "double", "unsigned-integer"};
  if (std::ranges::find(kValues, values) == kValues.end()) return fmt::format("has values of the type '{}'", banner[3]);
  return symmetry == "general" ? std::string() : fmt::format("is '{}', which no matrix of cells is", banner[4]);
}

}  // namespace

MatrixText::MatrixText(const Part& part, Ahead ahead)
    : path_(part.path()), stream_(open_part(part)), end_is_certain_(stream_->is_compressed()) {
  if (ahead == Ahead::kYes) stream_ = std::make_unique<streams::ReadAhead>(std::move(stream_));
  read_header();
}

/// False at the end.
bool MatrixText::next_header_line(std::string& line) {
  while (whole_ == 0 && !at_end_) {
    const std::size_t before = text_.size();
    text_.resize(before + kPiece);
    const std::size_t n = stream_->read(std::as_writable_bytes(std::span(text_)).subspan(before));
    text_.resize(before + n);
    at_end_ = n == 0;
    whole_ = text_.rfind('\n') + 1;
    if (whole_ == 0 && text_.size() > kLongestLine) {
      throw core::InputError({.file = path_.string(),
                              .line = line_number_,
                              .found = "a line of more than a million bytes",
                              .expected = kExpectedBanner});
    }
  }
  if (whole_ == 0) return false;
  const std::size_t end = text_.find('\n');
  line = text_.substr(0, end);
  text_.erase(0, end + 1);
  whole_ -= end + 1;
  ++line_number_;
  return true;
}

void MatrixText::read_header() {
  const auto refuse = [this](std::string found, std::string expected, const char* next_step) {
    return core::InputError({.file = path_.string(),
                             .line = std::max<std::int64_t>(1, line_number_ - 1),
                             .found = std::move(found),
                             .expected = std::move(expected),
                             .next_step = next_step});
  };
  std::string line;
  const bool has_banner = next_header_line(line);
  const std::string reason = reason_against(has_banner ? words_of(line) : std::vector<std::string>());
  if (!reason.empty()) throw refuse(reason, kExpectedBanner, "write the matrix again in this form");
  while (true) {
    if (!next_header_line(line)) throw refuse("the file ends before it says how large the matrix is", {}, kCopyAgain);
    if (!line.starts_with('%') && line.find_first_not_of(kBlanks) != std::string::npos) break;
  }
  const std::vector<std::string> words = words_of(line);
  std::vector<std::int64_t> sizes;
  for (const std::string& word : words) sizes.push_back(core::parse_number<std::int64_t>(word).value_or(-1));
  if (sizes.size() != 3 || std::ranges::min(sizes) < 0) {
    throw refuse(fmt::format("'{}'", line), "three whole numbers: rows, columns and entries", kCopyAgain);
  }
  header_ = {.n_rows = sizes[0], .n_columns = sizes[1], .n_entries = sizes[2], .size_line = line_number_ - 1};
  std::int64_t most = 0;
  const bool fits = !__builtin_mul_overflow(header_.n_rows, header_.n_columns, &most);
  if (fits && header_.n_entries > most) {
    throw refuse(fmt::format("{} in a matrix of {} × {}", core::plural(header_.n_entries, "entry", "entries"),
                             header_.n_rows, header_.n_columns),
                 fmt::format("at most {}", most), kCopyAgain);
  }
  set_whole(whole_);
}

bool MatrixText::read_more() {
  core::check_interrupt();
  if (at_end_) {
    end();
    return false;
  }
  const std::size_t before = text_.size();
  text_.resize(before + kPiece);
  const std::size_t n = stream_->read(std::as_writable_bytes(std::span(text_)).subspan(before));
  text_.resize(before + n);
  if (n == 0) {
    at_end_ = true;
    end();
    return false;
  }
  const std::size_t last = std::string_view(text_).substr(before).rfind('\n');
  if (last != std::string_view::npos) set_whole(before + last + 1);
  if (text_.size() - whole_ > kLongestLine) {
    throw core::InputError({.file = path_.string(),
                            .line = line_number_ + std::count(text_.begin(), text_.end(), '\n'),
                            .found = "a line of more than a million bytes",
                            .expected = "row, column and value"});
  }
  return true;
}

/// Blank lines behind the last entry are not among lines(): at the end of the file there may be any number of them.
void MatrixText::set_whole(std::size_t bytes) {
  const std::size_t last = std::string_view(text_).substr(0, bytes).find_last_not_of(kBlanksAndLineEnds);
  whole_ = last == std::string::npos ? 0 : text_.find('\n', last) + 1;
}

/// Ends lines() with the last entry.
void MatrixText::end() {
  const bool ends_in_line = whole_ < text_.size();
  const std::size_t last = text_.find_last_not_of(kBlanksAndLineEnds);
  if (ends_in_line && !end_is_certain_ && last != std::string::npos && last >= whole_) {
    throw core::InputError({.file = path_.string(),
                            .line = line_number_ + std::count(text_.begin(), text_.end(), '\n'),
                            .found = "the file ends within a line, and may be cut off",
                            .next_step = kCopyAgain});
  }
  text_.resize(last == std::string::npos ? 0 : last + 1);
  if (!text_.empty()) text_ += '\n';
  whole_ = text_.size();
  const std::int64_t n_entries = n_taken_ + std::count(text_.begin(), text_.end(), '\n');
  if (n_entries != header_.n_entries) refuse_number_of_entries(core::format_count(n_entries));
}

std::string MatrixText::take(std::size_t bytes) {
  std::string taken;
  if (bytes > text_.size() / 2) {
    taken = text_.substr(bytes);
    text_.resize(bytes);
    std::swap(taken, text_);
  } else {
    taken = text_.substr(0, bytes);
    text_.erase(0, bytes);
  }
  whole_ -= bytes;
  const std::int64_t n_lines = std::count(taken.begin(), taken.end(), '\n');
  line_number_ += n_lines;
  n_taken_ += n_lines;
  if (n_taken_ > header_.n_entries) refuse_number_of_entries(fmt::format("more than {}", n_taken_ - 1));
  return taken;
}

void MatrixText::refuse_number_of_entries(std::string_view how_many) const {
  throw core::InputError(
      {.file = path_.string(),
       .found = fmt::format("has {} entries", how_many),
       .expected = fmt::format("{}, as its line {} says", core::format_count(header_.n_entries), header_.size_line),
       .next_step = kCopyAgain});
}

bool is_matrix_market(const std::filesystem::path& path) {
  try {
    std::array<char, kBanner.size()> first{};
    const std::size_t n = streams::open_stream(path)->read(std::as_writable_bytes(std::span(first)));
    return lower_case({first.data(), n}) == lower_case(kBanner);
  } catch (const core::InputError&) {
    return false;
  }
}

}  // namespace sctab::mtx
