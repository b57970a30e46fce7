#include "sctab/formats/counts_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::formats {
namespace {

// log1p(10,000), and some room for rounding: what a cell with a single gene would have.
constexpr double kLargestLogNormalised = 9.2104 + 0.01;

CountsSource chosen(const CountsCandidate& matrix, bool log_normalised, bool integers, std::string reason) {
  return {matrix.matrix_path, log_normalised, integers, std::move(reason), matrix.n_genes, matrix.nnz};
}

CountsSource as_log_normalised(const std::filesystem::path& file, const CountsCandidate& matrix) {
  const ValueSummary& values = matrix.values;
  const bool counts = values.integers && values.largest > 20;
  if (counts || !values.is_valid()) {
    throw core::InputError(
        {.file = file.string(),
         .matrix = matrix.matrix_path,
         .found = "holds " + values.text(),
         .expected = "log-normalised values, as --input says",
         .next_step = counts ? "remove --input log-normalised" : "name a matrix of counts with --counts"});
  }
  if (values.largest > kLargestLogNormalised) {
    throw core::InputError(
        {.file = file.string(),
         .matrix = matrix.matrix_path,
         .found = fmt::format("holds values up to {:.6g}: scaled to another total, or not logged", values.largest),
         .expected = "log1p of counts scaled to 10,000 per cell, which is at most 9.21",
         .next_step = "give raw counts, or scale and log them that way"});
  }
  return chosen(matrix, true, false, fmt::format("{} is log-normalised, as --input says", matrix.matrix_path));
}

[[noreturn]] void refuse_all(const std::filesystem::path& file, bool is_named,
                             std::span<const CountsCandidate> candidates) {
  std::vector<std::string> contents;
  bool log_normalised = false;
  for (const CountsCandidate& each : candidates) {
    contents.push_back(fmt::format("{}: {}", each.matrix_path, each.values.text()));
    log_normalised = log_normalised || (each.values.is_valid() && each.values.looks_log_normalised());
  }
  throw core::InputError(
      {.file = file.string(),
       .found = fmt::format("no raw counts found ({})", fmt::join(contents, "; ")),
       .next_step =
           fmt::format("{}{}", is_named ? "name another matrix" : "name the matrix that holds them with --counts",
                       log_normalised ? ", or annotate the log-normalised one with --input log-normalised" : "")});
}

}  // namespace

CountsSource choose_counts(const std::filesystem::path& file, InputKind kind, bool is_named,
                           std::span<const CountsCandidate> candidates) {
  SCTAB_ASSERT(!candidates.empty());
  if (kind == InputKind::kLogNormalised) return as_log_normalised(file, candidates.front());
  const auto find = [&](auto accepts) { return std::ranges::find_if(candidates, accepts, &CountsCandidate::values); };
  const auto none = candidates.end();
  const auto integers = [](const CountsCandidate& matrix) {
    return chosen(matrix, false, true, fmt::format("{} holds integers", matrix.matrix_path));
  };
  // Some programs keep a matrix of zeros in the place of the one that they were given.
  const auto holds_counts = [](const ValueSummary& v) { return v.is_valid() && v.integers && v.largest > 0; };
  const auto holds_expected = [](const ValueSummary& v) {
    return v.is_valid() && !v.integers && !v.looks_log_normalised();
  };
  if (const auto c = find(holds_counts); c != none) return integers(*c);
  if (const auto c = find(holds_expected); c != none) {
    return chosen(*c, false, false,
                  fmt::format("{} holds non-integers too large for logarithms: expected counts", c->matrix_path));
  }
  if (const auto c = find([](const auto& v) { return v.is_valid() && v.integers; }); c != none) return integers(*c);
  // Integers but for a bad value: taken, so that whoever reads them all can name the cell.
  if (const auto c = find([](const auto& v) { return v.integers; }); c != none) return integers(*c);
  refuse_all(file, is_named, candidates);
}

}  // namespace sctab::formats
