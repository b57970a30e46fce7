#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/model/type_scores.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::train {

/// A logistic regression of each type against all others, trained cell by cell as scikit-learn's SGDClassifier(loss=
/// "log_loss", alpha) does in partial_fit(): the "optimal" learning rate 1 / (alpha (t0 + t)), an L2 penalty, and
/// intercepts that learn a hundredth as fast, as for sparse input. All types see the cells in the order given, where
/// scikit-learn shuffles for each type. Types without training cells stay at zero. The same bits for any number of
/// threads.
class OneVsRestSgd {
 public:
  OneVsRestSgd(sparse::GeneIndex n_genes, model::CellsPerType cells_per_type, double alpha);

  /// One update a cell, in the order of the rows. cells: (n × n_genes), scaled; types: one a cell.
  void learn(sparse::CsrView cells, std::span<const core::TypeIndex> types);

  /// n_genes × n_types.
  [[nodiscard]] std::vector<float> weight() const;
  [[nodiscard]] std::vector<float> bias() const;

 private:
  static constexpr std::size_t kBlock = 16;  // types that one task trains: a cache line of weights
  struct Block {
    std::vector<float> weight;  // n_genes × kBlock, to be multiplied by scale_
    std::vector<double> bias = std::vector<double>(kBlock);
  };
  void learn_block(std::size_t first_type, sparse::CsrView cells, std::span<const core::TypeIndex> types);

  model::CellsPerType cells_per_type_;
  double alpha_;
  double scale_ = 1;       // of all weights: what the penalty has left of them
  std::int64_t seen_ = 0;  // cells
  std::vector<Block> blocks_;
};

}  // namespace sctab::train
