#pragma once

#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// How scores become weights on the simplex: 1.5-entmax, max((z - t) / 2, 0)², or sparsemax, max(z - t, 0), with t such
/// that the weights sum to 1. Only scores above t have a weight, so both are exact on any subset that holds those.
enum class Simplex { kEntmax15, kSparsemax };

/// A lower bound of t over any superset of `scores`, starting from a known one (may be -infinity). scores: finite, not
/// empty.
float simplex_threshold_bound(Simplex simplex, std::span<const float> scores, float bound);

/// Replaces finite scores by their weights, 0 outside the support. t is found in double.
void simplex_project(Simplex simplex, std::span<float> scores);
void simplex_project_f64(Simplex simplex, std::span<double> scores);

/// How far a weight moves at most, to first order, per relative change of the scores: 0 where one gene has it all.
/// weights: of one cell, as simplex_project() leaves them; largest_score: of the support, absolute.
float simplex_condition(Simplex simplex, std::span<const float> weights, float largest_score);

/// From the gradient of the weights on their support to that of the scores, which is zero elsewhere.
/// mask: (n_cells × n_genes), all entries > 0; dmask, dscores: one a non-zero.
void simplex_backward(Simplex simplex, sparse::CsrView mask, std::span<const float> dmask, std::span<float> dscores);

}  // namespace sctab::kernels
