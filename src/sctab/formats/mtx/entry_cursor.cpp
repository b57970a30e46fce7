#include "sctab/formats/mtx/entry_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::mtx {
namespace {

constexpr std::string_view kBetweenWords = " \t\r\f\v";

/// The next word; empty where there is none.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBetweenWords), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBetweenWords));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

core::InputError EntryCursor::error(core::Problem problem) const {
  problem.file = path_.string();
  problem.line = line_;
  return core::InputError(std::move(problem));
}

void EntryCursor::read_carefully(Entry& entry) {
  const char* const line_end = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
  const std::string_view whole(at_, static_cast<std::size_t>(line_end - at_));
  at_ = line_end + 1;
  std::string_view line = whole;
  const auto refuse = [&](std::string found, std::string expected) {
    return error({.found = std::move(found),
                  .expected = std::move(expected),
                  .next_step = "copy or download the file again, or write it again"});
  };
  std::array<std::int64_t, 2> at{};
  const std::array<std::int64_t, 2> sizes = {header_.n_rows, header_.n_columns};
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto number = core::parse_number<std::int64_t>(next_word(line));
    if (!number) throw refuse(fmt::format("'{}'", core::printable(whole)), "row, column and value");
    if (*number < 1 || *number > sizes[i]) {
      throw refuse(fmt::format("{} {}", i == 0 ? "row" : "column", *number), fmt::format("1 to {}", sizes[i]));
    }
    at[i] = *number - 1;
  }
  std::string_view word = next_word(line);
  if (word.starts_with('+')) word.remove_prefix(1);
  const auto value = core::parse_number<double>(word);
  if (!value || !next_word(line).empty()) {
    throw refuse(fmt::format("'{}'", core::printable(whole)), "row, column and value");
  }
  const auto stored = static_cast<float>(*value);
  if (!(stored >= 0) || !std::isfinite(stored)) {
    throw error({.found = fmt::format("the value {}", core::printable(word)),
                 .expected = "counts, finite and of 0 or more",
                 .next_step = "give the matrix of raw counts"});
  }
  entry = {at[0], at[1], stored};
}

}  // namespace sctab::mtx
