#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/value_summary.hpp"

namespace sctab::formats {

/// A matrix that may hold a source's counts.
struct CountsCandidate {
  std::string matrix_path;  // as the format names it: "layers/counts"
  GeneIndex n_genes = 0;
  std::int64_t nnz = 0;  // stored values
  ValueSummary values;
};

/// Chooses the matrix of raw counts: the first of the candidates, the likeliest first, that holds integers, and not
/// zeros alone, or else the first of non-integers too large for logs (expected counts), or else zeros. kLogNormalised
/// takes the first candidate. is_named: the user named the one candidate. Throws InputError saying what each holds if
/// none is suitable.
CountsSource choose_counts(const std::filesystem::path& file, InputKind kind, bool is_named,
                           std::span<const CountsCandidate> candidates);

}  // namespace sctab::formats
