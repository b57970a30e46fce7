#pragma once

#include <span>
#include <vector>

#include "lab/charts/table.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// P values with Holm's step-down correction, at most 1. NaN stays NaN and does not count.
std::vector<double> holm_corrected(std::span<const double> p);

/// Welch tests, one row each, of two models on one part and of one model on two parts: for the first measure (macro_f1,
/// or cells_per_second if there is none), and for the measures of the recipe's bars with their models and parts. Holm's
/// correction is within each measure.
charts::Table welch_table(const Results& results);

}  // namespace sctab::experiments
