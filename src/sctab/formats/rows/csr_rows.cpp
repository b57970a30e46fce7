#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/rows/sparse_checks.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"

namespace sctab::rows {
namespace {

class CsrRows final : public formats::RowReader {
 public:
  explicit CsrRows(SparseArrays matrix) : matrix_(std::move(matrix)) { require_lengths(matrix_, matrix_.n_cells); }

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (next_cell_ >= matrix_.n_cells) return {};
    const CellIndex first = next_cell_;
    const CellIndex n = std::min(max_cells, matrix_.n_cells - first);
    std::vector<std::int64_t> indptr(static_cast<std::size_t>(n) + 1);
    matrix_.indptr->read(first, std::span(indptr));
    check_indptr(indptr, first, matrix_.nnz, first + n == matrix_.n_cells, matrix_.where);
    next_cell_ += n;
    return [this, first, indptr = std::move(indptr)](sparse::CsrMatrix& block) { fill(first, indptr, block); };
  }

 private:
  void fill(CellIndex first, const std::vector<std::int64_t>& indptr, sparse::CsrMatrix& block) {
    const std::int64_t begin = indptr.front();
    const auto nnz = static_cast<std::size_t>(indptr.back() - begin);
    core::Problem place = matrix_.where;
    place.found = fmt::format("has {} in {}", core::plural(indptr.back() - begin, "value"),
                              core::plural(std::ssize(indptr) - 1, "cell"));
    core::require_memory(indptr.back() - begin, sizeof(GeneIndex) + sizeof(float), std::move(place));
    block.n_cells = static_cast<CellIndex>(indptr.size()) - 1;
    block.n_genes = matrix_.n_genes;
    block.indptr = indptr;
    for (std::int64_t& offset : block.indptr) offset -= begin;
    block.indices.resize(nnz);
    block.data.resize(nnz);
    matrix_.indices->read(begin, std::span(block.indices));
    matrix_.data->read(begin, std::span(block.data));
    check_genes(first, block);
    if (matrix_.n_genes > 1) refuse_zeroed_indices(block.indices, begin, indptr, matrix_.where);
    if (begin == 0 && nnz > 0) check_first_row(first, block);
    tidy_rows(block);
  }

  /// Of a block whose entries are the first of the file.
  void check_first_row(CellIndex first, const sparse::CsrMatrix& block) const {
    const auto after = std::ranges::upper_bound(block.indptr, 0);
    const CellIndex row = after - block.indptr.begin() - 1;
    const auto genes = block.row(row).indices;
    refuse_zeroed_offsets(first + row, {genes.begin(), genes.end()}, matrix_.where);
  }

  void check_genes(CellIndex first, const sparse::CsrMatrix& block) const {
    const auto n_genes = static_cast<std::uint32_t>(matrix_.n_genes);
    const auto outside = [n_genes](GeneIndex gene) { return static_cast<std::uint32_t>(gene) >= n_genes; };
    int bad_ones = 0;  // without branches, so that it is done several at a time
    for (const GeneIndex gene : block.indices) bad_ones |= static_cast<int>(outside(gene));
    if (bad_ones == 0) return;
    const auto bad = std::find_if(block.indices.begin(), block.indices.end(), outside);
    const std::int64_t position = bad - block.indices.begin();
    const auto row_end = std::upper_bound(block.indptr.begin(), block.indptr.end(), position);
    throw core::InputError(
        {.file = matrix_.where.file,
         .matrix = matrix_.where.matrix,
         .cell = fmt::format("{}", first + (row_end - block.indptr.begin()) - 1),
         .found = fmt::format("has a value in a column outside of the {}", core::plural(matrix_.n_genes, "gene")),
         .next_step = arrays::kWriteAgain});
  }

  SparseArrays matrix_;
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_csr_rows(SparseArrays matrix) {
  return std::make_unique<CsrRows>(std::move(matrix));
}

}  // namespace sctab::rows
