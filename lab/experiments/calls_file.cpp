#include "sctab/benchmark/calls_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

#include "sctab/core/error.hpp"
#include "sctab/metrics/label_join.hpp"

namespace sctab::benchmark {
namespace {

using core::TypeIndex;

constexpr TypeIndex kMissing = -2;  // no line for this cell so far

std::vector<std::string> fields_of(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else if (c != '"') {  // no field contains a comma, so quotes mean nothing
      fields.back() += c;
    }
  }
  return fields;
}

template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Reads one csv line by line.
class CallsReader {
 public:
  CallsReader(std::filesystem::path path, std::int64_t n_cells) : path_(std::move(path)), file_(path_) {
    result_.calls.assign(static_cast<std::size_t>(n_cells), kMissing);
  }

  CallsFile read() {
    std::string line;
    std::getline(file_, line);
    const std::vector<std::string> head = fields_of(line);
    n_columns_ = head.size();
    const bool is_expected = (n_columns_ == 2 || (n_columns_ == 3 && head[2] == "probability")) && head[0] == "row" &&
                             head[1] == "cell_type_ontology_term_id";
    if (!is_expected) refuse(fmt::format("the header '{}'", line), kCallsHeader);
    if (n_columns_ == 3) result_.probabilities.emplace(result_.calls.size(), 0);
    while (std::getline(file_, line)) {
      ++line_;
      if (!line.empty()) take(fields_of(line));
    }
    const auto missing = std::ranges::find(result_.calls, kMissing);
    if (missing == result_.calls.end()) return std::move(result_);
    throw core::InputError({.file = path_.string(),
                            .found = fmt::format("{} of {} test cells have no line, the first is row {}",
                                                 std::ranges::count(result_.calls, kMissing), result_.calls.size(),
                                                 missing - result_.calls.begin()),
                            .next_step = "write a line for every cell, with an empty id for no call"});
  }

 private:
  [[noreturn]] void refuse(std::string found, std::string expected) const {
    throw core::InputError(
        {.file = path_.string(), .line = line_, .found = std::move(found), .expected = std::move(expected)});
  }

  void take(const std::vector<std::string>& fields) {
    if (fields.size() != n_columns_) refuse(fmt::format("{} fields", fields.size()), fmt::to_string(n_columns_));
    const auto row = number_of<std::int64_t>(fields[0]);
    if (!row || *row < 0 || *row >= std::ssize(result_.calls)) {
      refuse(fmt::format("the row '{}'", fields[0]),
             fmt::format("0 to {}, a row of the test split", result_.calls.size() - 1));
    }
    TypeIndex& call = result_.calls[static_cast<std::size_t>(*row)];
    if (call != kMissing) refuse(fmt::format("row {} for the second time", *row), "each row once");
    const std::string& id = fields[1];
    if (!id.empty() && !id.starts_with("CL:")) {
      refuse(fmt::format("the type '{}'", id), "a Cell Ontology id such as CL:0000236, or nothing");
    }
    call = id.empty() ? metrics::kNoCall : position_of(id);
    if (n_columns_ < 3 || id.empty()) return;
    const auto probability = number_of<double>(fields[2]);
    const bool is_one = probability && *probability >= 0 && *probability <= 1;
    if (!is_one) refuse(fmt::format("the probability '{}'", fields[2]), "0 to 1");
    (*result_.probabilities)[static_cast<std::size_t>(*row)] = *probability;
  }

  TypeIndex position_of(const std::string& id) {
    const auto [found, is_new] = positions_.emplace(id, static_cast<TypeIndex>(result_.ids.size()));
    if (is_new) result_.ids.push_back(id);
    return found->second;
  }

  std::filesystem::path path_;
  std::ifstream file_;
  CallsFile result_;
  std::map<std::string, TypeIndex> positions_;  // in ids
  std::size_t n_columns_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace

CallsFile read_calls(const std::filesystem::path& path, std::int64_t n_cells) {
  return CallsReader(path, n_cells).read();
}

}  // namespace sctab::benchmark
