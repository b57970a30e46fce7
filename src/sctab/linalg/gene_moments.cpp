#include "sctab/linalg/gene_moments.hpp"

#include <algorithm>

namespace sctab::linalg {

void GeneMoments::add(sparse::CsrView log_norm) {
  SCTAB_ASSERT(static_cast<std::size_t>(log_norm.n_genes) == sum_.size());
  for (core::CellIndex cell = 0; cell < log_norm.n_cells; ++cell) {
    const sparse::RowView row = log_norm.row(cell);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      const auto gene = static_cast<std::size_t>(row.indices[i]);
      const auto value = static_cast<double>(row.data[i]);
      sum_[gene] += value;
      sum_of_squares_[gene] += value * value;
    }
  }
  n_cells_ += log_norm.n_cells;
}

std::vector<double> GeneMoments::mean() const {
  SCTAB_ASSERT(n_cells_ > 0);
  std::vector<double> mean = sum_;
  for (double& value : mean) value /= static_cast<double>(n_cells_);
  return mean;
}

std::vector<double> GeneMoments::variance() const {
  std::vector<double> variance = mean();
  for (std::size_t gene = 0; gene < variance.size(); ++gene) {
    const double mean_square = sum_of_squares_[gene] / static_cast<double>(n_cells_);
    variance[gene] = std::max(0.0, mean_square - variance[gene] * variance[gene]);
  }
  return variance;
}

}  // namespace sctab::linalg
