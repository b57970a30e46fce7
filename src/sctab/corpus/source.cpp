#include "sctab/corpus/source.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <future>
#include <span>
#include <variant>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::corpus {
namespace {

constexpr std::array<const char*, 6> kSymbolColumns = {"gene_symbol", "gene_symbols", "feature_name",
                                                       "gene_name",   "gene_names",   "symbol"};
constexpr CellIndex kMostCellsPerBlock = 16'384;

std::vector<std::string> as_texts(const anndata::ColumnValues& values) {
  if (const auto* texts = std::get_if<anndata::Strings>(&values)) return *texts;
  std::vector<std::string> texts;
  if (const auto* categorical = std::get_if<anndata::Categorical>(&values)) {
    for (std::size_t row = 0; row < categorical->codes.size(); ++row) texts.push_back(categorical->value(row));
  }
  return texts;
}

// How many cells make a block of about this many bytes: values and indices as read, and once more as aligned.
CellIndex cells_per_block(const anndata::MatrixInfo& matrix, std::int64_t block_bytes) {
  const std::int64_t per_cell = matrix.n_cells == 0 ? 0 : matrix.nnz / matrix.n_cells + 1;
  const std::int64_t cells = block_bytes / std::max<std::int64_t>(1, 16 * per_cell);
  return std::clamp<CellIndex>(cells, 1, kMostCellsPerBlock);
}

struct KeptCells {
  sparse::CsrMatrix counts;
  std::vector<CellIndex> rows;
};

// The cells of a block that are kept; first_row: the source row of the block's first.
void select_kept(sparse::CsrView block, CellIndex first_row, const std::vector<std::uint8_t>& keep, KeptCells& kept) {
  kept.counts.clear(block.n_genes);
  kept.rows.clear();
  for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
    if (keep[static_cast<std::size_t>(first_row + cell)] == 0) continue;
    const sparse::RowView row = block.row(cell);
    kept.counts.append_row(row.indices, row.data);
    kept.rows.push_back(first_row + cell);
  }
}

}  // namespace

Source inspect_source(const anndata::File& file, const std::string& counts_name, CellIndex first_cell) {
  Source source;
  source.path = file.path();
  struct stat status = {};
  if (::stat(source.path.c_str(), &status) == 0) {
    source.bytes = status.st_size;
    source.modified = status.st_mtime;
  }
  source.first_cell = first_cell;
  source.n_cells = file.n_cells();
  source.counts = anndata::find_counts(file, anndata::InputKind::kCounts, counts_name);
  source.matrix = file.matrix(source.counts.matrix_path);
  if (source.matrix.n_cells != source.n_cells) {
    throw core::InputError(fmt::format("{}: {} has {} rows and obs has {}; the file is damaged: write it again",
                                       source.path.string(), source.matrix.path, source.matrix.n_cells,
                                       source.n_cells));
  }
  return source;
}

std::vector<std::string> gene_symbols(const anndata::File& file, const std::string& matrix_path) {
  for (const char* column : kSymbolColumns) {
    if (file.has_var(column, matrix_path)) return as_texts(file.var(column, matrix_path).values);
  }
  return {};
}

void stream_counts(const Source& source, const std::vector<std::uint8_t>& keep, const sparse::GeneAlignment& alignment,
                   const StreamOptions& options, const CellSink& sink) {
  if (std::find(keep.begin(), keep.end(), 1) == keep.end()) return;
  const anndata::File file(source.path);
  const std::string name = fmt::format("{}: {}", source.path.string(), source.matrix.path);
  const std::vector<std::string> genes = anndata::gene_names(file, source.matrix.path);
  const auto reader = file.read_rows(source.matrix.path, options.read);
  const CellIndex max_cells = cells_per_block(source.matrix, options.block_bytes);

  sparse::CsrMatrix block, ahead;
  KeptCells kept;
  const auto read_ahead = [&] { return reader->next(max_cells, ahead); };
  std::future<bool> pending = std::async(std::launch::async, read_ahead);
  CellIndex first_row = 0;
  while (pending.get()) {
    core::check_interrupt();
    std::swap(block, ahead);
    pending = std::async(std::launch::async, read_ahead);
    sparse::check_counts(block.view(), name, first_row, genes);
    if (first_row + block.n_cells > source.n_cells) break;
    select_kept(block.view(), first_row, keep, kept);
    first_row += block.n_cells;
    if (!kept.rows.empty()) sink(alignment.apply(kept.counts.view()).view(), kept.rows);
  }
  if (first_row != source.n_cells) {
    throw core::InputError(
        fmt::format("{} ends after {} of {} cells; the file is damaged, or changed while it was read", name, first_row,
                    source.n_cells));
  }
}

}  // namespace sctab::corpus
