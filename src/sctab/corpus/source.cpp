#include "sctab/corpus/source.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <future>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/open_cells.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::corpus {
namespace {

constexpr CellIndex kMostCellsPerBlock = 16'384;
constexpr CellIndex kCellsPerTask = 256;

// How many cells make a block of about this many bytes: values and indices as read, and once more as aligned.
CellIndex cells_per_block(const Source& source, std::int64_t block_bytes) {
  const std::int64_t per_cell = source.n_cells == 0 ? 0 : source.counts.nnz / source.n_cells + 1;
  const std::int64_t cells = block_bytes / std::max<std::int64_t>(1, 16 * per_cell);
  return std::clamp<CellIndex>(cells, 1, kMostCellsPerBlock);
}

// Aligned cells, and their rows in the source.
struct AlignedCells {
  sparse::CsrMatrix counts;
  std::vector<CellIndex> rows;
};

sparse::CsrView slice(sparse::CsrView block, CellIndex begin, CellIndex end) {
  const auto first = static_cast<std::size_t>(begin), count = static_cast<std::size_t>(end - begin);
  return {end - begin, block.n_genes, block.indptr.subspan(first, count + 1), block.indices, block.data};
}

// Turns blocks of a source into checked, aligned cells.
struct BlockAligner {
  std::string name;  // of file and matrix, for messages
  std::vector<std::string> genes;
  const std::vector<std::uint8_t>& keep;
  const genes::GeneAlignment& alignment;

  // first_row: the source row of the first cell.
  [[nodiscard]] AlignedCells operator()(sparse::CsrView cells, CellIndex first_row) const {
    sparse::check_counts(cells, name, first_row, genes);
    AlignedCells aligned;
    sparse::CsrMatrix kept;
    kept.clear(cells.n_genes);
    for (CellIndex cell = 0; cell < cells.n_cells; ++cell) {
      if (keep[static_cast<std::size_t>(first_row + cell)] == 0) continue;
      const sparse::RowView row = cells.row(cell);
      kept.append_row(row.indices, row.data);
      aligned.rows.push_back(first_row + cell);
    }
    aligned.counts = alignment.apply(kept.view());
    return aligned;
  }
};

}  // namespace

Source inspect_source(const formats::CellSource& file, const std::string& counts_name, CellIndex first_cell) {
  Source source;
  source.path = file.path();
  struct stat status = {};
  if (::stat(source.path.c_str(), &status) == 0) {
    source.bytes = status.st_size;
    source.modified = status.st_mtime;
  }
  source.first_cell = first_cell;
  source.n_cells = file.n_cells();
  source.counts = file.find_counts(formats::InputKind::kCounts, counts_name);
  return source;
}

void stream_counts(const Source& source, const std::vector<std::uint8_t>& keep, const genes::GeneAlignment& alignment,
                   const StreamOptions& options, core::ThreadPool& pool, const CountsReceiver& receive) {
  if (std::find(keep.begin(), keep.end(), 1) == keep.end()) return;
  const auto file = formats::open_cells(source.path);
  const BlockAligner align{fmt::format("{}: {}", source.path.string(), source.counts.matrix_path),
                           file->gene_names(source.counts.matrix_path), keep, alignment};
  const auto reader = file->read_rows(source.counts.matrix_path, options.read);
  const CellIndex max_cells = cells_per_block(source, options.block_bytes);

  sparse::CsrMatrix block, ahead;
  const auto read_ahead = [&] { return reader->next(max_cells, ahead); };
  std::future<bool> pending = std::async(std::launch::async, read_ahead);
  CellIndex first_row = 0;
  while (pending.get()) {
    core::check_interrupt();
    std::swap(block, ahead);
    pending = std::async(std::launch::async, read_ahead);
    if (first_row + block.n_cells > source.n_cells) break;
    std::vector<AlignedCells> parts(static_cast<std::size_t>((block.n_cells + kCellsPerTask - 1) / kCellsPerTask));
    pool.parallel_for(static_cast<std::int64_t>(parts.size()), [&](std::int64_t part) {
      const CellIndex begin = part * kCellsPerTask, end = std::min(begin + kCellsPerTask, block.n_cells);
      parts[static_cast<std::size_t>(part)] = align(slice(block.view(), begin, end), first_row + begin);
    });
    for (const auto& part : parts) {
      if (!part.rows.empty()) receive(part.counts.view(), part.rows);
    }
    first_row += block.n_cells;
  }
  if (first_row != source.n_cells) {
    throw core::InputError({.file = source.path.string(),
                            .matrix = source.counts.matrix_path,
                            .found = fmt::format("ends after {} of {} cells", first_row, source.n_cells),
                            .next_step = "write the file again; it is damaged, or was changed while it was read"});
  }
}

}  // namespace sctab::corpus
