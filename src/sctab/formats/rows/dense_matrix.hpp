#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/rows/cell_spool.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::rows {

/// A matrix that holds its zeros too, as cells and genes whichever way it lies. Any number of threads may read at once.
class DenseMatrix {
 public:
  enum class Layout { kCellsByGenes, kGenesByCells };
  /// Throws InputError where there are more genes than a GeneIndex counts.
  DenseMatrix(std::unique_ptr<arrays::NumberMatrix> matrix, Layout layout, core::Problem where);

  [[nodiscard]] CellIndex n_cells() const { return n_cells_; }
  [[nodiscard]] GeneIndex n_genes() const { return n_genes_; }
  [[nodiscard]] Layout layout() const { return layout_; }
  /// Cells and genes of a chunk, at least 1 and at most as many as there are.
  [[nodiscard]] CellIndex chunk_cells() const { return chunk_cells_; }
  [[nodiscard]] GeneIndex chunk_genes() const { return chunk_genes_; }
  [[nodiscard]] std::int64_t bytes_of_number() const { return bytes_of_number_; }
  [[nodiscard]] const core::Problem& where() const { return where_; }

  struct Tile {
    CellIndex cell = 0, n_cells = 0;
    GeneIndex gene = 0, n_genes = 0;
  };
  /// Numbers of a tile as the matrix has them: row by row in its own layout. Throws InputError where memory does not
  /// suffice or they are damaged.
  void read(const Tile& tile, std::vector<std::byte>& numbers) const;

  /// Appends cells [begin, begin + n) with all their genes. numbers: what was read of them, for reuse.
  void append(CellIndex begin, CellIndex n, std::vector<std::byte>& numbers, sparse::CsrMatrix& block) const;
  /// Adds the values of a tile to a spool, in strips that are numbered from `number`. Returns the number after the
  /// last.
  std::int64_t add_to(CellSpool& spool, const Tile& tile, std::int64_t number) const;

 private:
  std::unique_ptr<arrays::NumberMatrix> matrix_;
  Layout layout_;
  core::Problem where_;
  CellIndex n_cells_ = 0, chunk_cells_ = 1;
  GeneIndex n_genes_ = 0, chunk_genes_ = 1;
  std::int64_t bytes_of_number_ = 1;
};

}  // namespace sctab::rows
