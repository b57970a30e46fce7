#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/rows/cell_spool.hpp"
#include "sctab/formats/rows/sparse_checks.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"
#include "sctab/formats/rows/spooled_rows.hpp"

namespace sctab::rows {
namespace {

/// Values go through a CellSpool at the first claim, in strips that threads read and sort at the same time.
class CscRows final : public formats::RowReader {
 public:
  CscRows(SparseArrays matrix, formats::ReadOptions options)
      : matrix_(std::move(matrix)), options_(std::move(options)) {
    require_lengths(matrix_, matrix_.n_genes);
    core::Problem place = matrix_.where;
    place.found = "announces " + core::plural(matrix_.n_genes, "gene");
    core::require_memory(matrix_.n_genes, sizeof(std::int64_t), std::move(place));
    gene_begin_.resize(static_cast<std::size_t>(matrix_.n_genes) + 1);
    matrix_.indptr->read(0, std::span(gene_begin_));
    check_indptr(gene_begin_, 0, matrix_.nnz, true, matrix_.where);
    const auto after = std::ranges::upper_bound(gene_begin_, 0);
    if (after == gene_begin_.end()) return;
    // Of more entries than there are cells, two are of one cell.
    const std::int64_t n_first = std::min(*after, matrix_.n_cells + 1);
    core::require_memory(n_first, sizeof(std::int32_t), matrix_.where);
    std::vector<std::int32_t> first_gene(static_cast<std::size_t>(n_first));
    matrix_.indices->read(0, std::span(first_gene));
    refuse_zeroed_offsets(after - gene_begin_.begin() - 1, std::move(first_gene), matrix_.where);
  }

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (!rows_) reorder(max_cells);
    return rows_->claim(max_cells);
  }

 private:
  void reorder(CellIndex max_cells) {
    CellSpool spool(matrix_.where, matrix_.n_cells, options_);
    spool.expect_claims(max_cells);
    const std::int64_t size = spool.entries_of_strip();
    core::ThreadPool pool(std::min(options_.threads, kMostHeld));
    pool.parallel_for((matrix_.nnz + size - 1) / size, [&](std::int64_t number) {
      const std::int64_t begin = number * size;
      add_strip(number, begin, std::min(matrix_.nnz, begin + size), spool);
    });
    rows_ = std::move(spool).rows(matrix_.n_genes);
  }

  /// Adds entries [begin, end), which are not none.
  void add_strip(std::int64_t number, std::int64_t begin, std::int64_t end, CellSpool& spool) {
    core::check_interrupt();
    const auto n = static_cast<std::size_t>(end - begin);
    std::vector<std::int32_t> cells(n);
    matrix_.indices->read(begin, std::span(cells));
    if (matrix_.n_cells > 1) refuse_zeroed_indices(cells, begin, gene_begin_, matrix_.where);
    std::vector<float> values(n);
    matrix_.data->read(begin, std::span(values));
    std::vector<GeneIndex> genes(n);
    const auto after = std::upper_bound(gene_begin_.begin(), gene_begin_.end(), begin);
    auto gene = static_cast<std::size_t>(after - gene_begin_.begin() - 1);
    for (std::int64_t at = begin; at < end; ++gene) {
      const std::int64_t until = std::min(end, gene_begin_[gene + 1]);
      std::fill(genes.begin() + (at - begin), genes.begin() + (until - begin), static_cast<GeneIndex>(gene));
      at = until;
    }
    spool.add_strip({.number = number, .cells = cells, .genes = genes, .values = values});
  }

  SparseArrays matrix_;
  formats::ReadOptions options_;
  std::vector<std::int64_t> gene_begin_;      // offsets of genes
  std::unique_ptr<formats::RowReader> rows_;  // once reordered
};

}  // namespace

std::unique_ptr<formats::RowReader> make_csc_rows(SparseArrays matrix, const formats::ReadOptions& options) {
  return std::make_unique<CscRows>(std::move(matrix), options);
}

}  // namespace sctab::rows
