#include "sctab/kernels/simplex.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sctab/kernels/cpu/simplex.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kCellsPerTask = 128;

// One step of Newton's method for t from a lower bound. The 2-norm (entmax, must be 2) and the sum (sparsemax, must be
// 1) of max(z - t, 0) are convex in t and fall, so that steps never pass the root and `t` only grows.
double newton_step(Simplex simplex, const cpu::Above& above) {
  if (!(above.sum > 0)) return 0;
  if (simplex == Simplex::kSparsemax) return (above.sum - 1) / above.count;
  const double norm = std::sqrt(above.squares);
  return (norm - 2) * norm / above.sum;
}

// How fast a weight on the support grows with its score, t given.
float slope(Simplex simplex, float weight) {
  return simplex == Simplex::kEntmax15 ? std::sqrt(weight) : 1.0F;
}

double weight_of(Simplex simplex, double score, double t) {
  const double above = std::max(0.0, score - t);
  return simplex == Simplex::kEntmax15 ? above * above / 4 : above;
}

// t lies at most this far under the largest score.
constexpr float reach(Simplex simplex) {
  return simplex == Simplex::kEntmax15 ? 2.0F : 1.0F;
}

}  // namespace

float simplex_threshold_bound(Simplex simplex, std::span<const float> scores, float bound) {
  constexpr int kSteps = 3;  // more cost more than they keep out
  constexpr float kRounding = 1e-5F;
  float t = std::max(bound, cpu::largest_of(scores) - reach(simplex));
  for (int i = 0; i < kSteps; ++i) {
    t += static_cast<float>(std::max(newton_step(simplex, cpu::sums_above(scores, t)), 0.0));
  }
  return std::max(bound, t - kRounding * std::max(1.0F, std::abs(t)));
}

void simplex_project(Simplex simplex, std::span<float> scores) {
  if (scores.empty()) return;
  // Relative to the largest score, so that the size of scores costs no accuracy.
  const float largest = cpu::largest_of(scores);
  for (float& score : scores) score -= largest;
  double t = -static_cast<double>(reach(simplex));
  for (int i = 0; i < 100; ++i) {
    const double step = newton_step(simplex, cpu::sums_above(scores, t));
    if (!(step > 1e-14)) break;
    t += step;
  }
  for (float& score : scores) score = static_cast<float>(weight_of(simplex, static_cast<double>(score), t));
}

void simplex_project_f64(Simplex simplex, std::span<double> scores) {
  if (scores.empty()) return;
  const double largest = *std::max_element(scores.begin(), scores.end());
  std::vector<double> candidates;
  for (double& score : scores) {
    score -= largest;
    if (score > -reach(simplex)) candidates.push_back(score);
  }
  double t = -static_cast<double>(reach(simplex));
  for (int i = 0; i < 100; ++i) {
    cpu::Above above{};
    for (const double score : candidates) {
      if (score <= t) continue;
      above.sum += score - t;
      above.squares += (score - t) * (score - t);
      above.count += 1;
    }
    const double step = newton_step(simplex, above);
    if (!(step > 1e-14)) break;
    t += step;
  }
  for (double& score : scores) score = weight_of(simplex, score, t);
}

float simplex_condition(Simplex simplex, std::span<const float> weights, float largest_score) {
  // As in simplex_backward(): dw_j = s_j · (dz_j - sum(s·dz) / sum(s)), where |dz| is at most largest_score.
  float total = 0, largest = 0;
  for (const float weight : weights) total += slope(simplex, weight);
  for (const float weight : weights) {
    const float s = slope(simplex, weight);
    largest = std::max(largest, s * (1 - s / total));
  }
  return weights.empty() ? 0 : 2 * largest * largest_score;
}

void simplex_backward(Simplex simplex, sparse::CsrView mask, std::span<const float> dmask, std::span<float> dscores) {
  SCTAB_ASSERT(std::ssize(dmask) == mask.nnz() && dscores.size() == dmask.size());
  // entmax: dz = s·(dp - sum(s·dp) / sum(s)) with s = sqrt(p); sparsemax is the same with s = 1.
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      const std::span<const float> weights = mask.row(cell).data;
      const std::size_t offset = row_begin(mask, cell);
      double total = 0, product = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const auto s = static_cast<double>(slope(simplex, weights[i]));
        total += s;
        product += s * static_cast<double>(dmask[offset + i]);
      }
      const auto mean = static_cast<float>(product / total);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        dscores[offset + i] = slope(simplex, weights[i]) * (dmask[offset + i] - mean);
      }
    }
  });
}

}  // namespace sctab::kernels
