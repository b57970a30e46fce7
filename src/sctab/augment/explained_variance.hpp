#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

/// R² of a linear regression of all genes on a one-hot design.
struct RSquared {
  double of_total = 0;   // share of the genes' summed variance
  double gene_mean = 0;  // mean of the genes' own R², of genes that vary
};

struct ExplainedVariance {
  RSquared cell_type, donor, both;  // both: an effect of the type plus one of the donor
};

/// Sums over cells from which the regressions follow, so that cells may stream by. Memory: 8 bytes a gene and type, a
/// gene and donor.
class VarianceSums {
 public:
  VarianceSums(std::int64_t n_types, std::int64_t n_donors, sparse::GeneIndex n_genes);

  /// cells: (n × n_genes); types, donors: codes, one a cell; cells with a donor of -1 are left out.
  void add(sparse::CsrView cells, std::span<const std::int32_t> types, std::span<const std::int32_t> donors);
  [[nodiscard]] std::int64_t n_cells() const { return n_cells_; }
  /// NaN where nothing varies.
  [[nodiscard]] ExplainedVariance explained() const;

 private:
  class Regression;
  [[nodiscard]] std::size_t at(std::size_t group, std::size_t gene) const {
    return group * static_cast<std::size_t>(n_genes_) + gene;
  }

  sparse::GeneIndex n_genes_;
  std::size_t n_types_, n_donors_;
  std::int64_t n_cells_ = 0;
  std::vector<double> type_sums_, donor_sums_;  // groups × genes
  std::vector<double> squares_;                 // of genes
  std::vector<double> cells_;                   // types × donors
};

}  // namespace sctab::augment
