#include <functional>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/open_hdf5.hpp"

namespace sctab::fuzz {
namespace {

/// One part of a damaged file may be refused, and the others are read all the same.
void try_part(const std::function<void()>& read) {
  try {
    read();
  } catch (const core::InputError&) {
  }
}

void read_some_rows(const formats::CellSource& source, const std::string& matrix) {
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

}  // namespace

/// Reads all that an HDF5 file holds as whatever format it is in: 10x and loom files, above all.
void fuzz_hdf5_cells(Bytes bytes) {
  const MemoryFile memory(bytes);
  const auto source = formats::open_hdf5(memory.path(), {});
  try_part([&] { (void)source->obs_names(); });
  try_part([&] { (void)source->notes(); });
  for (const std::string& column : source->obs_columns()) {
    try_part([&] { (void)source->obs_as_text(column); });
  }
  for (const auto kind : {formats::InputKind::kCounts, formats::InputKind::kLogNormalised}) {
    try_part([&] {
      const std::string matrix = source->find_counts(kind, "").matrix_path;
      try_part([&] { (void)source->gene_names(matrix); });
      try_part([&] { (void)source->gene_symbols(matrix); });
      try_part([&] { read_some_rows(*source, matrix); });
    });
  }
}

}  // namespace sctab::fuzz
