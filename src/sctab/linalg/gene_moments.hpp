#pragma once

#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::linalg {

/// Mean and variance of every gene over cells that come in batches, zeros included, in double.
class GeneMoments {
 public:
  explicit GeneMoments(sparse::GeneIndex n_genes)
      : sum_(static_cast<std::size_t>(n_genes)), sum_of_squares_(static_cast<std::size_t>(n_genes)) {}
  void add(sparse::CsrView log_norm);

  [[nodiscard]] std::int64_t n_cells() const { return n_cells_; }
  /// Each gene's squared values, summed over the cells.
  [[nodiscard]] const std::vector<double>& sum_of_squares() const { return sum_of_squares_; }
  [[nodiscard]] std::vector<double> mean() const;
  /// The population's: divided by n_cells, as in scikit-learn's StandardScaler.
  [[nodiscard]] std::vector<double> variance() const;

 private:
  std::int64_t n_cells_ = 0;
  std::vector<double> sum_, sum_of_squares_;
};

}  // namespace sctab::linalg
