#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sctab/core/error.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::rows {

using core::CellIndex;
using core::GeneIndex;

/// Values of a matrix that come in any order, made into rows in bounded memory. Strips of values are sorted by buckets
/// of neighbouring cells and held in memory, then in a scratch file; a block of rows is its part of every strip. Values
/// of the same cell and gene are summed in the order in which they came.
///
///   CellSpool spool(where, n_cells, options);
///   while (...) spool.add_gene(gene, cells, values);       // or add(cell, gene, value), one thread; or add_strip(),
///   auto rows = std::move(spool).rows(n_genes);            // any number of threads
///
/// Where genes come in ascending order, no row needs sorting.
class CellSpool {
 public:
  /// where: file and matrix, for errors. options.threads: that sort strips, the caller's among them. Throws InputError
  /// where memory does not suffice for so many cells.
  CellSpool(core::Problem where, CellIndex n_cells, const formats::ReadOptions& options);
  ~CellSpool();
  CellSpool(CellSpool&&) noexcept;
  CellSpool& operator=(CellSpool&&) noexcept;

  /// One value, or some of one gene; zeros are left out. Throw InputError where a cell or gene is out of range (genes
  /// are counted from 0 and may be any number until rows() says how many there are), and where the scratch file cannot
  /// be written: perhaps only at a later call.
  void add(CellIndex cell, GeneIndex gene, float value);
  void add_gene(GeneIndex gene, std::span<const std::int32_t> cells, std::span<const float> values);
  /// Values of one gene in all cells, in their order.
  void add_dense_gene(GeneIndex gene, std::span<const float> values);

  /// Many values at once, from any thread. Strips come in order by `number`, each of which is used once. Not to be
  /// mixed with the calls above.
  struct Strip {
    std::int64_t number = 0;
    std::span<const std::int32_t> cells;
    std::span<const GeneIndex> genes;
    std::span<const float> values;
  };
  void add_strip(const Strip& strip);
  /// Entries that a strip should have at most, so that as many strips as there are threads fit in the memory given, at
  /// 24 bytes an entry.
  [[nodiscard]] std::int64_t entries_of_strip() const;

  /// Cells of the buckets by which strips are sorted: best what claims will ask for. Before anything is added.
  void expect_claims(CellIndex max_cells);

  /// The rows of all that was added; to be called once. Throws InputError where a gene is not below n_genes.
  std::unique_ptr<formats::RowReader> rows(GeneIndex n_genes) &&;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::rows
