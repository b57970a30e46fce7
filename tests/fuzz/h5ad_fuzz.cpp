#include <functional>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::fuzz {
namespace {

/// One part of a damaged file may be refused, and the others are read all the same.
void try_to(const std::function<void()>& read) {
  try {
    read();
  } catch (const core::InputError&) {
  }
}

void read_rows(const h5ad::File& file, const std::string& matrix) {
  constexpr int kMostBlocks = 50;  // of a matrix that claims any number of cells
  constexpr core::CellIndex kCells = 64;
  formats::ReadOptions options;
  options.memory_bytes = 10'000'000;
  const auto rows = file.read_rows(matrix, options);
  sparse::CsrMatrix block;
  for (int i = 0; i < kMostBlocks && rows->next(kCells, block); ++i) {
    for (const core::GeneIndex gene : block.indices) SCTAB_ASSERT(gene >= 0 && gene < block.n_genes);
  }
}

}  // namespace

/// Reads all that an h5ad holds: every matrix, column and name.
void fuzz_h5ad(Bytes bytes) {
  const MemoryFile memory(bytes);
  const h5ad::File file(memory.path());
  try_to([&] { (void)file.obs_names(); });
  try_to([&] { (void)file.uns_text("version"); });
  try_to([&] { (void)file.find_counts(); });
  try_to([&] {
    for (const std::string& column : file.obs_columns()) {
      try_to([&] { (void)file.obs(column); });
      try_to([&] { (void)file.obs_as_text(column); });
    }
  });
  for (const h5ad::MatrixInfo& matrix : file.matrices()) {
    try_to([&] { (void)file.var_names(matrix.path); });
    try_to([&] { (void)file.gene_names(matrix.path); });
    try_to([&] { (void)file.gene_symbols(matrix.path); });
    try_to([&] { (void)file.summarise_values(matrix.path, 100); });
    try_to([&] { read_rows(file, matrix.path); });
  }
}

}  // namespace sctab::fuzz
