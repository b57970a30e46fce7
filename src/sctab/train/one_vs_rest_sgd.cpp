#include "sctab/train/one_vs_rest_sgd.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::train {
namespace {

constexpr double kSparseInterceptRate = 0.01;

/// scikit-learn's "optimal": the rate of the first cell is the typical size of a weight, 1 / alpha^(1/4).
double learning_rate(double alpha, std::int64_t seen) {
  const double first = std::pow(alpha, -0.25);
  return 1 / (alpha * (1 / (first * alpha) + static_cast<double>(seen)));
}

/// What the L2 penalty leaves of the weights in one update.
double shrinkage(double alpha, std::int64_t seen) {
  return std::max(0.0, 1 - learning_rate(alpha, seen) * alpha);
}

/// The derivative of log(1 + exp(−score · sign)) by the score; sign is 1 or −1.
double loss_slope(double score, double sign) {
  return -sign / (1 + std::exp(score * sign));
}

}  // namespace

OneVsRestSgd::OneVsRestSgd(sparse::GeneIndex n_genes, model::CellsPerType cells_per_type, double alpha)
    : cells_per_type_(std::move(cells_per_type)),
      alpha_(alpha),
      blocks_((cells_per_type_.size() + kBlock - 1) / kBlock) {
  for (Block& block : blocks_) block.weight.resize(static_cast<std::size_t>(n_genes) * kBlock);
}

void OneVsRestSgd::learn_block(std::size_t first_type, sparse::CsrView cells, std::span<const core::TypeIndex> types) {
  Block& block = blocks_[first_type / kBlock];
  const std::size_t n_types = std::min(kBlock, cells_per_type_.size() - first_type);
  double scale = scale_;
  for (std::size_t cell = 0; cell < types.size(); ++cell) {
    const sparse::RowView row = cells.row(static_cast<core::CellIndex>(cell));
    std::array<float, kBlock> sums{}, updates{};
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      const float* weight = block.weight.data() + static_cast<std::size_t>(row.indices[i]) * kBlock;
      for (std::size_t t = 0; t < kBlock; ++t) sums[t] += row.data[i] * weight[t];
    }
    const std::int64_t seen = seen_ + static_cast<std::int64_t>(cell);
    const double rate = learning_rate(alpha_, seen);
    const double before = scale;
    scale *= shrinkage(alpha_, seen);
    for (std::size_t t = 0; t < n_types; ++t) {
      if (!(cells_per_type_[first_type + t] > 0)) continue;
      const double sign = static_cast<std::size_t>(types[cell]) == first_type + t ? 1 : -1;
      const double update = -rate * loss_slope(before * static_cast<double>(sums[t]) + block.bias[t], sign);
      block.bias[t] += kSparseInterceptRate * update;
      updates[t] = static_cast<float>(update / scale);
    }
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      float* weight = block.weight.data() + static_cast<std::size_t>(row.indices[i]) * kBlock;
      for (std::size_t t = 0; t < kBlock; ++t) weight[t] += row.data[i] * updates[t];
    }
  }
}

void OneVsRestSgd::learn(sparse::CsrView cells, std::span<const core::TypeIndex> types) {
  SCTAB_ASSERT(cells.n_cells == std::ssize(types));
  kernels::parallel_for(std::ssize(blocks_), [&](std::int64_t block) {
    learn_block(static_cast<std::size_t>(block) * kBlock, cells, types);
  });
  for (std::int64_t cell = 0; cell < cells.n_cells; ++cell) scale_ *= shrinkage(alpha_, seen_++);
}

std::vector<float> OneVsRestSgd::weight() const {
  const std::size_t n_types = cells_per_type_.size(), n_genes = blocks_.front().weight.size() / kBlock;
  std::vector<float> weight(n_genes * n_types);
  for (std::size_t gene = 0; gene < n_genes; ++gene) {
    for (std::size_t type = 0; type < n_types; ++type) {
      const float value = blocks_[type / kBlock].weight[gene * kBlock + type % kBlock];
      weight[gene * n_types + type] = static_cast<float>(scale_ * static_cast<double>(value));
    }
  }
  return weight;
}

std::vector<float> OneVsRestSgd::bias() const {
  std::vector<float> bias;
  for (std::size_t type = 0; type < cells_per_type_.size(); ++type) {
    bias.push_back(static_cast<float>(blocks_[type / kBlock].bias[type % kBlock]));
  }
  return bias;
}

}  // namespace sctab::train
