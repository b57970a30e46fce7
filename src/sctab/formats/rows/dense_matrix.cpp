#include "sctab/formats/rows/dense_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::rows {
namespace {

/// Number i of those of one type, which lie anywhere.
template <typename Stored>
float number_at(const std::byte* numbers, std::size_t i) {
  Stored value;
  std::memcpy(&value, numbers + i * sizeof(Stored), sizeof(Stored));
  return static_cast<float>(value);
}

template <typename Stored>
void append_rows(const std::byte* numbers, CellIndex n_cells, sparse::CsrMatrix& block) {
  const auto n_genes = static_cast<std::size_t>(block.n_genes);
  std::vector<GeneIndex> genes(n_genes);
  std::vector<float> values(n_genes);
  for (CellIndex cell = 0; cell < n_cells; ++cell, numbers += n_genes * sizeof(Stored)) {
    std::size_t n = 0;
    for (std::size_t gene = 0; gene < n_genes; ++gene) {  // without branches: zeros come in no order
      const float value = number_at<Stored>(numbers, gene);
      genes[n] = static_cast<GeneIndex>(gene);
      values[n] = value;
      n += static_cast<std::size_t>(value != 0.0F);
    }
    block.append_row(std::span(genes).first(n), std::span(values).first(n));
  }
}

/// The values of a band that are not zero, gene by gene.
struct GeneMajorValues {
  std::vector<std::uint32_t> cells;  // counted from the band's first
  std::vector<float> values;
  std::vector<std::size_t> gene_end;
};

template <typename Stored>
GeneMajorValues values_of_columns(const std::byte* numbers, std::size_t n_cells, std::size_t n_genes) {
  GeneMajorValues found;
  found.gene_end.reserve(n_genes);
  std::vector<std::uint32_t> cells(n_cells);
  for (std::size_t gene = 0; gene < n_genes; ++gene, numbers += n_cells * sizeof(Stored)) {
    std::size_t n = 0;
    for (std::size_t cell = 0; cell < n_cells; ++cell) {  // without branches: zeros come in no order
      cells[n] = static_cast<std::uint32_t>(cell);
      n += static_cast<std::size_t>(number_at<Stored>(numbers, cell) != 0.0F);
    }
    for (std::size_t i = 0; i < n; ++i) found.values.push_back(number_at<Stored>(numbers, cells[i]));
    found.cells.insert(found.cells.end(), cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(n));
    found.gene_end.push_back(found.values.size());
  }
  return found;
}

void append_cells(const GeneMajorValues& found, CellIndex n_cells, sparse::CsrMatrix& block) {
  std::vector<std::size_t> slot(static_cast<std::size_t>(n_cells));
  for (const std::uint32_t cell : found.cells) ++slot[cell];
  for (std::size_t& count_then_begin : slot) {
    const std::int64_t begin = block.indptr.back();
    block.indptr.push_back(begin + static_cast<std::int64_t>(count_then_begin));
    count_then_begin = static_cast<std::size_t>(begin);
  }
  block.n_cells += n_cells;
  block.indices.resize(static_cast<std::size_t>(block.nnz()));
  block.data.resize(static_cast<std::size_t>(block.nnz()));
  std::size_t i = 0;
  for (std::size_t gene = 0; gene < found.gene_end.size(); ++gene) {
    for (; i < found.gene_end[gene]; ++i) {
      const std::size_t at = slot[found.cells[i]]++;
      block.indices[at] = static_cast<GeneIndex>(gene);
      block.data[at] = found.values[i];
    }
  }
}

/// Values on their way to a spool, strip by strip.
class StripWriter {
 public:
  StripWriter(CellSpool& spool, std::int64_t number) : spool_(spool), number_(number) {}

  void add(CellIndex cell, GeneIndex gene, float value) {
    cells_.push_back(static_cast<std::int32_t>(cell));
    genes_.push_back(gene);
    values_.push_back(value);
    if (std::ssize(values_) >= most_) flush();
  }
  /// Returns the number after that of the last strip.
  std::int64_t flush() {
    if (values_.empty()) return number_;
    spool_.add_strip({.number = number_, .cells = cells_, .genes = genes_, .values = values_});
    cells_.clear();
    genes_.clear();
    values_.clear();
    return ++number_;
  }

 private:
  CellSpool& spool_;
  std::int64_t number_;
  std::int64_t most_ = spool_.entries_of_strip();
  std::vector<std::int32_t> cells_;
  std::vector<GeneIndex> genes_;
  std::vector<float> values_;
};

}  // namespace

DenseMatrix::DenseMatrix(std::unique_ptr<arrays::NumberMatrix> matrix, Layout layout, core::Problem where)
    : matrix_(std::move(matrix)), layout_(layout), where_(std::move(where)) {
  std::int64_t n_genes = matrix_->n_columns(), chunk_genes = matrix_->chunk_columns();
  n_cells_ = matrix_->n_rows();
  chunk_cells_ = matrix_->chunk_rows();
  const bool by_cells = layout == Layout::kCellsByGenes;
  if (!by_cells) {
    std::swap(n_cells_, n_genes);
    std::swap(chunk_cells_, chunk_genes);
  }
  if (n_genes >= std::numeric_limits<GeneIndex>::max()) {
    throw core::InputError({.file = where_.file,
                            .matrix = where_.matrix,
                            .found = fmt::format("has {} {}", n_genes, by_cells ? "columns" : "rows"),
                            .next_step = arrays::kWriteAgain});
  }
  chunk_cells_ = std::clamp<CellIndex>(chunk_cells_, 1, std::max<CellIndex>(1, n_cells_));
  chunk_genes_ = static_cast<GeneIndex>(std::clamp<std::int64_t>(chunk_genes, 1, std::max<std::int64_t>(1, n_genes)));
  n_genes_ = static_cast<GeneIndex>(n_genes);
  bytes_of_number_ = static_cast<std::int64_t>(arrays::size_of(matrix_->number()));
}

void DenseMatrix::read(const Tile& tile, std::vector<std::byte>& numbers) const {
  core::check_interrupt();
  core::Problem place = where_;
  place.found = fmt::format("has {} of {}", core::plural(tile.n_cells, "cell"), core::plural(tile.n_genes, "gene"));
  core::require_memory(tile.n_cells, tile.n_genes * bytes_of_number_, std::move(place));
  numbers.resize(static_cast<std::size_t>(tile.n_cells * tile.n_genes * bytes_of_number_));
  if (numbers.empty()) return;
  arrays::Block block{.row = tile.cell, .n_rows = tile.n_cells, .column = tile.gene, .n_columns = tile.n_genes};
  if (layout_ == Layout::kGenesByCells) {
    std::swap(block.row, block.column);
    std::swap(block.n_rows, block.n_columns);
  }
  matrix_->read(block, numbers);
}

void DenseMatrix::append(CellIndex begin, CellIndex n, std::vector<std::byte>& numbers,
                         sparse::CsrMatrix& block) const {
  SCTAB_ASSERT(block.n_genes == n_genes_);
  read({.cell = begin, .n_cells = n, .gene = 0, .n_genes = n_genes_}, numbers);
  arrays::visit_number(matrix_->number(), [&](auto kind) {
    using Stored = decltype(kind);
    if (layout_ == Layout::kCellsByGenes) {
      append_rows<Stored>(numbers.data(), n, block);
    } else {
      append_cells(
          values_of_columns<Stored>(numbers.data(), static_cast<std::size_t>(n), static_cast<std::size_t>(n_genes_)), n,
          block);
    }
  });
}

std::int64_t DenseMatrix::add_to(CellSpool& spool, const Tile& tile, std::int64_t number) const {
  std::vector<std::byte> numbers;
  read(tile, numbers);
  StripWriter strips(spool, number);
  const bool by_cells = layout_ == Layout::kCellsByGenes;
  const std::int64_t n_rows = by_cells ? tile.n_cells : tile.n_genes;
  const std::int64_t n_columns = by_cells ? tile.n_genes : tile.n_cells;
  arrays::visit_number(matrix_->number(), [&](auto kind) {
    std::size_t i = 0;
    for (std::int64_t row = 0; row < n_rows; ++row) {
      for (std::int64_t column = 0; column < n_columns; ++column) {
        const float value = number_at<decltype(kind)>(numbers.data(), i++);
        if (value == 0.0F) continue;
        const std::int64_t gene = by_cells ? column : row;
        strips.add(tile.cell + (by_cells ? row : column), tile.gene + static_cast<GeneIndex>(gene), value);
      }
    }
  });
  return strips.flush();
}

}  // namespace sctab::rows
