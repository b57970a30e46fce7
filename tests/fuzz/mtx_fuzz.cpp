#include <algorithm>
#include <string>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/mtx/folder.hpp"

namespace sctab::fuzz {
namespace {

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

/// A matrix with as many cells as the first byte says, and features as the second; the rest is matrix.mtx, plain or
/// gzipped.
void fuzz_mtx(Bytes bytes) {
  if (bytes.size() < 2) return;
  std::string barcodes, features;
  for (int i = 0; i < bytes[0]; ++i) barcodes += "cell" + std::to_string(i) + '\n';
  for (int i = 0; i < bytes[1]; ++i) {
    features += "ENSG" + std::to_string(10'000'000'000 + i) + "\tg\t" +
                (i % 4 == 3 ? "Antibody Capture\n" : "Gene Expression\n");
  }
  const MemoryFolder files;
  files.write("barcodes.tsv", as_bytes(barcodes));
  files.write("features.tsv", as_bytes(features));
  files.write("matrix.mtx", bytes.subspan(2));
  const mtx::Folder folder(files.path());
  formats::ReadOptions options;
  options.memory_bytes = 10'000'000;
  core::CellIndex n_cells = 0;
  const auto rows = folder.read_rows("matrix.mtx", options);
  for (sparse::CsrMatrix block; rows->next(16, block);) {
    n_cells += block.n_cells;
    for (const core::GeneIndex gene : block.indices) SCTAB_ASSERT(gene >= 0 && gene < block.n_genes);
    for (const float value : block.data) SCTAB_ASSERT(value > 0);
  }
  SCTAB_ASSERT(n_cells == folder.n_cells());
  (void)folder.find_counts(formats::InputKind::kCounts, "");
}

}  // namespace sctab::fuzz
