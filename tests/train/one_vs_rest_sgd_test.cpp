#include "sctab/train/one_vs_rest_sgd.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sctab/core/rng.hpp"
#include "sctab/kernels/parallel.hpp"
#include "support/random_csr.hpp"

namespace sctab::train {
namespace {

struct Model {
  std::vector<double> weight;  // n_genes
  double bias = 0;
};

/// scikit-learn's SGDClassifier.partial_fit for one type, written out in plain loops and doubles: log loss, L2 penalty,
/// "optimal" rate from t = 1 on, and the intercept's decay of 0.01 for sparse input.
Model slow_sgd(const sparse::CsrMatrix& cells, const std::vector<core::TypeIndex>& types, core::TypeIndex type,
               double alpha) {
  Model model{std::vector<double>(static_cast<std::size_t>(cells.n_genes))};
  const double typical_weight = std::sqrt(1.0 / std::sqrt(alpha));
  const double slope = 1.0 / (std::exp(-typical_weight) + 1.0);
  const double first_rate = typical_weight / std::max(1.0, slope);
  const double initial = 1.0 / (first_rate * alpha);
  double t = 1;
  for (core::CellIndex cell = 0; cell < cells.n_cells; ++cell, t += 1) {
    const sparse::RowView row = cells.row(cell);
    const double y = types[static_cast<std::size_t>(cell)] == type ? 1 : -1;
    double p = model.bias;
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      p += static_cast<double>(row.data[i]) * model.weight[static_cast<std::size_t>(row.indices[i])];
    }
    const double rate = 1.0 / (alpha * (initial + t - 1));
    const double update = rate * y / (std::exp(p * y) + 1.0);
    for (double& weight : model.weight) weight *= std::max(0.0, 1.0 - rate * alpha);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      model.weight[static_cast<std::size_t>(row.indices[i])] += update * static_cast<double>(row.data[i]);
    }
    model.bias += update * 0.01;
  }
  return model;
}

class OneVsRest : public testing::Test {
 protected:
  static constexpr core::TypeIndex kTypes = 19;  // more than a block, and no multiple of one
  OneVsRest() {
    core::Rng rng(1);
    cells_ = tests::random_counts(rng, 300, 40, 0.2);
    // Small values: with large ones the first steps overshoot, and rounding grows from cell to cell.
    for (float& value : cells_.data) value *= 0.1F;
    for (core::CellIndex cell = 0; cell < 300; ++cell) {
      const auto type = static_cast<core::TypeIndex>(rng.below(kTypes - 1));  // the last has no cell
      types_.push_back(type);
      n_cells_[static_cast<std::size_t>(type)] += 1;
    }
  }
  [[nodiscard]] OneVsRestSgd trained(core::CellIndex batch) const {
    OneVsRestSgd classifier(40, n_cells_, 1e-4);
    for (core::CellIndex first = 0; first < 300; first += batch) {
      sparse::CsrView part = cells_.view();
      part.n_cells = batch;
      part.indptr = part.indptr.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(batch) + 1);
      classifier.learn(part,
                       std::span(types_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(batch)));
    }
    return classifier;
  }

  sparse::CsrMatrix cells_;
  std::vector<core::TypeIndex> types_;
  model::CellsPerType n_cells_ = model::CellsPerType(kTypes);
};

TEST_F(OneVsRest, EqualsTheSlowReference) {
  const OneVsRestSgd classifier = trained(60);
  const std::vector<float> weight = classifier.weight(), bias = classifier.bias();
  for (core::TypeIndex type = 0; type + 1 < kTypes; ++type) {
    const Model want = slow_sgd(cells_, types_, type, 1e-4);
    // Weights reach some tens; single precision loses two of its 7 digits in 300 updates.
    for (std::size_t gene = 0; gene < 40; ++gene) {
      EXPECT_NEAR(weight[gene * kTypes + static_cast<std::size_t>(type)], want.weight[gene], 2e-4) << type;
    }
    EXPECT_NEAR(bias[static_cast<std::size_t>(type)], want.bias, 1e-4) << type;
  }
}

TEST_F(OneVsRest, ATypeWithoutCellsStaysAtZero) {
  const OneVsRestSgd classifier = trained(300);
  const std::vector<float> weight = classifier.weight();
  for (std::size_t gene = 0; gene < 40; ++gene) EXPECT_EQ(weight[gene * kTypes + kTypes - 1], 0);
  EXPECT_EQ(classifier.bias().back(), 0);
}

TEST_F(OneVsRest, NeitherBatchesNorThreadsChangeABit) {
  const int before = kernels::threads();
  kernels::set_threads(1);
  const std::vector<float> want = trained(300).weight();
  kernels::set_threads(3);
  EXPECT_EQ(trained(20).weight(), want);
  kernels::set_threads(before);
}

}  // namespace
}  // namespace sctab::train
