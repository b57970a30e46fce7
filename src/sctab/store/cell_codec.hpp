#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sctab/sparse/csr.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::store {

/// One cell as bytes for the spools: its obs, then gaps between genes and counts as variable-length integers, which is
/// a third of CSR's size before any compression. Cells with a count that is no uint16 keep float32 values.
///
/// Appends a cell, zeros dropped. counts: finite and >= 0. Returns whether its counts are uint16.
bool encode_cell(sparse::RowView counts, const CellObs& obs, std::vector<std::byte>& bytes);

/// The cell that begins at the front of `bytes`: only its size in bytes.
std::size_t encoded_size(std::span<const std::byte> bytes);

struct DecodedCell {
  CellObs obs;
  std::vector<GeneIndex> genes;  // ascending
  std::vector<float> counts;
};
/// The cell that begins at the front of `bytes`. Reuses the memory of `cell`.
void decode_cell(std::span<const std::byte> bytes, DecodedCell& cell);

}  // namespace sctab::store
