#pragma once

#include <span>
#include <utility>
#include <vector>

#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

/// Sums of log-normalised counts over the training cells: the order of a store's genes. On four real 10x sets it saves
/// 14 to 22% of the bytes against the order given; means of raw counts and shares of cells do as well within 1%.
class GeneMeans {
 public:
  explicit GeneMeans(GeneIndex n_genes) : sums_(static_cast<std::size_t>(n_genes)) {}
  /// Continues from the sums of another.
  explicit GeneMeans(std::vector<double> sums) : sums_(std::move(sums)) {}
  /// values: of one cell; counts are log-normalised first.
  void add(sparse::RowView values, Content content = Content::kCounts);
  [[nodiscard]] const std::vector<double>& sums() const { return sums_; }
  /// Genes by mean, highest first; equal ones stay in the order given.
  [[nodiscard]] std::vector<GeneIndex> descending() const;

 private:
  std::vector<double> sums_;
};

/// Brings the genes of one cell into another order. One object a thread.
class GeneReorderer {
 public:
  /// new_of_old: the new place of each gene; a permutation that must outlive this.
  explicit GeneReorderer(std::span<const GeneIndex> new_of_old);
  /// Appends the cell, its genes renumbered and ascending.
  void append(std::span<const GeneIndex> genes, std::span<const float> counts, sparse::CsrMatrix& matrix);

 private:
  std::span<const GeneIndex> new_of_old_;
  std::vector<float> dense_;            // counts by new gene
  std::vector<std::uint64_t> present_;  // a bit for each new gene, which sorts without comparing
};

}  // namespace sctab::store
