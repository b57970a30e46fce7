#include "sctab/store/gene_order.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "sctab/sparse/normalise.hpp"

namespace sctab::store {

void GeneMeans::add(sparse::RowView values, Content content) {
  const sparse::Normaliser normalised(sparse::library_size(values));
  for (std::size_t i = 0; i < values.data.size(); ++i) {
    const float log_norm = content == Content::kCounts ? normalised(values.data[i]) : values.data[i];
    sums_[static_cast<std::size_t>(values.indices[i])] += static_cast<double>(log_norm);
  }
}

std::vector<GeneIndex> GeneMeans::descending() const {
  std::vector<GeneIndex> genes(sums_.size());
  std::iota(genes.begin(), genes.end(), GeneIndex{0});
  std::stable_sort(genes.begin(), genes.end(), [this](GeneIndex a, GeneIndex b) {
    return sums_[static_cast<std::size_t>(a)] > sums_[static_cast<std::size_t>(b)];
  });
  return genes;
}

GeneReorderer::GeneReorderer(std::span<const GeneIndex> new_of_old)
    : new_of_old_(new_of_old), dense_(new_of_old.size()), present_(new_of_old.size() / 64 + 1) {}

void GeneReorderer::append(std::span<const GeneIndex> genes, std::span<const float> counts, sparse::CsrMatrix& matrix) {
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const auto gene = static_cast<std::size_t>(new_of_old_[static_cast<std::size_t>(genes[i])]);
    dense_[gene] = counts[i];
    present_[gene / 64] |= std::uint64_t{1} << (gene % 64);
  }
  for (std::size_t word = 0; word < present_.size(); ++word) {
    for (; present_[word] != 0; present_[word] &= present_[word] - 1) {
      const std::size_t gene = word * 64 + static_cast<std::size_t>(std::countr_zero(present_[word]));
      matrix.indices.push_back(static_cast<GeneIndex>(gene));
      matrix.data.push_back(dense_[gene]);
    }
  }
  matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
  ++matrix.n_cells;
}

}  // namespace sctab::store
