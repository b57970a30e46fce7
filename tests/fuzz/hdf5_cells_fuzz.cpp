#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/read_parts.hpp"
#include "sctab/formats/open_hdf5.hpp"

namespace sctab::fuzz {

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
