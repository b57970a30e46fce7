#pragma once

#include <functional>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::fuzz {

/// One part of a damaged file may be refused, and the others are read all the same.
inline void try_part(const std::function<void()>& read) {
  try {
    read();
  } catch (const core::InputError&) {
  }
}

/// The first rows of a matrix, whose genes must lie within it.
inline void read_some_rows(const formats::CellSource& source, const std::string& matrix) {
  constexpr int kMostBlocks = 50;  // of a matrix that claims any number of cells
  constexpr core::CellIndex kCells = 64;
  formats::ReadOptions options;
  options.memory_bytes = 10'000'000;
  const auto rows = source.read_rows(matrix, options);
  sparse::CsrMatrix block;
  for (int i = 0; i < kMostBlocks && rows->next(kCells, block); ++i) {
    for (const core::GeneIndex gene : block.indices) SCTAB_ASSERT(gene >= 0 && gene < block.n_genes);
  }
}

}  // namespace sctab::fuzz
