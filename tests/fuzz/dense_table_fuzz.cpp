#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/csv/obs_table.hpp"
#include "sctab/formats/csv/table_source.hpp"

namespace sctab::fuzz {
namespace {

void read_labels(const std::filesystem::path& path) {
  const csv::ObsTable labels(path);
  std::vector<std::int64_t> rows;
  for (std::int64_t row = labels.n_rows(); row-- > 0;) rows.push_back(row);
  for (const formats::Column& column : labels.columns_of(rows)) (void)formats::as_text(column.values);
}

}  // namespace

/// The first byte says how: as a table of labels, or as one of counts, of which a line is a cell, a gene, or what names
/// tell. Plain or gzipped.
void fuzz_dense_table(Bytes bytes) {
  if (bytes.empty()) return;
  const MemoryFile file(bytes.subspan(1));
  (void)csv::is_table(file.path());
  if (bytes[0] % 4 == 3) return read_labels(file.path());
  const csv::TableSource source(file.path(), {.orientation = static_cast<formats::Orientation>(bytes[0] % 4)});
  for (const std::string& name : source.obs_columns()) {
    SCTAB_ASSERT(std::cmp_equal(formats::n_rows(source.obs(name).values), source.n_cells()));
    (void)source.obs_as_text(name);
  }
  SCTAB_ASSERT(std::ssize(source.obs_names()) == source.n_cells());
  const auto n_genes = std::ssize(source.gene_names("X"));
  SCTAB_ASSERT(source.gene_symbols("X").empty() || std::ssize(source.gene_symbols("X")) == n_genes);
  const auto rows = source.read_rows("X", {.memory_bytes = 1'000'000, .temporary_folder = {}, .threads = 1});
  core::CellIndex n_cells = 0;
  for (sparse::CsrMatrix block; rows->next(3, block); n_cells += block.n_cells) {
    SCTAB_ASSERT(block.n_genes == n_genes);
    for (core::CellIndex cell = 0; cell < block.n_cells; ++cell) {
      SCTAB_ASSERT(sparse::strictly_ascending(block.row(cell).indices));
    }
  }
  SCTAB_ASSERT(n_cells == source.n_cells());
}

}  // namespace sctab::fuzz
