#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/read_parts.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::fuzz {

/// Reads all that an h5ad holds: every matrix, column and name.
void fuzz_h5ad(Bytes bytes) {
  const MemoryFile memory(bytes);
  const h5ad::File file(memory.path());
  try_part([&] { (void)file.obs_names(); });
  try_part([&] { (void)file.uns_text("version"); });
  try_part([&] { (void)file.find_counts(); });
  try_part([&] {
    for (const std::string& column : file.obs_columns()) {
      try_part([&] { (void)file.obs(column); });
      try_part([&] { (void)file.obs_as_text(column); });
    }
  });
  for (const h5ad::MatrixInfo& matrix : file.matrices()) {
    try_part([&] { (void)file.var_names(matrix.path); });
    try_part([&] { (void)file.gene_names(matrix.path); });
    try_part([&] { (void)file.gene_symbols(matrix.path); });
    try_part([&] { (void)file.summarise_values(matrix.path, 100); });
    try_part([&] { read_some_rows(file, matrix.path); });
  }
}

}  // namespace sctab::fuzz
