#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sctab/formats/parquet/parquet.hpp"
#include "sctab/published/parquet_store.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::published {

/// Cells of a part that are in memory together, in their order.
struct CellBlock {
  sparse::CsrMatrix cells;  // n × n_genes, log-normalised
  std::vector<std::int64_t> soma_joinid, idx;
  std::vector<std::uint8_t> is_primary;                    // 0 or 1
  std::array<std::vector<std::int32_t>, kNumCoded> codes;  // -1: none
};

/// Reads the cells of one part, a row group at a time. One for each thread.
class PartReader {
 public:
  /// The store must outlive this.
  PartReader(const ParquetStore& store, const Part& part);

  /// The next cells; false at the end. Reuses the block's memory. Throws InputError naming file, row and column where X
  /// has another length than there are genes or holds what no log1p of counts scaled to 10,000 can be, a code is none
  /// of its lookup or missing where no cell may lack one, or idx is not the cell's position in its split: a part is
  /// another's then.
  bool next(CellBlock& block);

 private:
  void read_codes(const parquet::Rows& rows, std::size_t column, CellBlock& block) const;
  void read_cell(std::span<const float> values, std::int64_t row, CellBlock& block) const;
  [[noreturn]] void refuse(std::int64_t row, core::Problem problem) const;

  const ParquetStore& store_;
  Part part_;
  parquet::Reader reader_;
  std::int64_t rows_read_ = 0;  // before the current ones
};

}  // namespace sctab::published
