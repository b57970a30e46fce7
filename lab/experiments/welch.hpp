#pragma once

#include <span>
#include <vector>

#include "lab/charts/table.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// P values times what Holm's step-down correction for their number asks for, at most 1; NaN stay, and do not count.
std::vector<double> holm_corrected(std::span<const double> p);

/// Welch tests, one row each: of two models on one part and of one model on two parts, in the first measure (macro_f1,
/// or what there is), and in the measures of the recipe's bars, of their models and parts. Corrected by Holm within
/// each measure.
charts::Table welch_table(const Results& results);

}  // namespace sctab::experiments
