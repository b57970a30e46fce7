#include "lab/experiments/calls_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "sctab/core/csv.hpp"
#include "sctab/evaluate/evaluation.hpp"

namespace sctab::experiments {
namespace {

using core::TypeIndex;

constexpr TypeIndex kMissing = -2;  // no line for this cell so far

template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

core::CsvReader open_csv(const std::filesystem::path& path) {
  try {
    return core::CsvReader(path);
  } catch (const core::InputError& error) {
    throw error.within({.next_step = fmt::format("write the header {}", kCallsHeader)});
  }
}

class CallsReader {
 public:
  CallsReader(const std::filesystem::path& path, std::int64_t n_cells) : path_(path), csv_(open_csv(path)) {
    result_.calls.assign(static_cast<std::size_t>(n_cells), kMissing);
  }

  CallsFile read() {
    const std::vector<std::string>& header = csv_.header();
    has_probabilities_ = header.size() == 3 && header[2] == "probability";
    const bool is_expected =
        (header.size() == 2 || has_probabilities_) && header[0] == "row" && header[1] == "cell_type_ontology_term_id";
    if (!is_expected) refuse(fmt::format("the header '{}'", fmt::join(header, ",")), kCallsHeader);
    if (has_probabilities_) result_.probabilities.emplace(result_.calls.size(), 0);
    for (std::vector<std::string> fields; csv_.next(fields);) take(fields);
    const auto missing = std::ranges::find(result_.calls, kMissing);
    if (missing == result_.calls.end()) return std::move(result_);
    throw core::InputError({.file = path_.string(),
                            .found = fmt::format("{} of {} test cells have no line; the first is row {}",
                                                 std::ranges::count(result_.calls, kMissing), result_.calls.size(),
                                                 missing - result_.calls.begin()),
                            .next_step = "write a line for every cell, with an empty id for no call"});
  }

 private:
  [[noreturn]] void refuse(std::string found, std::string expected) const {
    throw csv_.error({.found = std::move(found), .expected = std::move(expected)});
  }

  void take(const std::vector<std::string>& fields) {
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
    call = id.empty() ? evaluate::kNoCall : position_of(id);
    if (!has_probabilities_ || id.empty()) return;
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
  core::CsvReader csv_;
  CallsFile result_;
  std::map<std::string, TypeIndex> positions_;  // in ids
  bool has_probabilities_ = false;
};

}  // namespace

CallsFile read_calls(const std::filesystem::path& path, std::int64_t n_cells) {
  return CallsReader(path, n_cells).read();
}

}  // namespace sctab::experiments
