#include "sctab/corpus/read_sources.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <optional>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/csv/obs_table.hpp"
#include "sctab/formats/source_name.hpp"
#include "sctab/formats/with_obs.hpp"
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
  core::Problem place;  // file and matrix
  std::vector<std::string> genes;
  const std::vector<std::uint8_t>& keep;
  const genes::GeneAlignment& alignment;

  // first_row: the source row of the first cell.
  [[nodiscard]] AlignedCells operator()(sparse::CsrView cells, CellIndex first_row) const {
    sparse::check_counts(cells, place, first_row, genes);
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

using core::format_count;
using core::InputError;

ObsKeys obs_keys(const BuildOptions& options) {
  ObsKeys keys;
  keys.donor = options.donor_key;
  keys.dataset = options.dataset_key;
  keys.cell_type = options.cell_type_key;
  keys.primary_only = options.curation.primary_only;
  keys.assume_primary = options.curation.assume_primary;
  return keys;
}

// The user's table of labels, and for whose cells its rows were used.
class Labels {
 public:
  explicit Labels(const std::filesystem::path& path) : table_(path) {
    used_by_.assign(static_cast<std::size_t>(table_.n_rows()), -1);
  }

  // Throws InputError where a cell has no row, or where that was another source's: names of cells repeat between
  // sources, and a row can be right for one of them only.
  std::unique_ptr<formats::CellSource> join(std::unique_ptr<formats::CellSource> file) {
    rows_ = table_.rows_of(file->obs_names(), file->path());
    for (std::size_t cell = 0; cell < rows_.size(); ++cell) {
      const std::int32_t other = used_by_[static_cast<std::size_t>(rows_[cell])];
      if (other < 0) continue;
      throw InputError(
          {.file = file->path().string(),
           .cell = file->obs_names()[cell],
           .found = fmt::format("is in {} too, and has one row in {}",
                                sources_[static_cast<std::size_t>(other)].string(), table_.path().string()),
           .next_step = "give cells of different sources different names"});
    }
    return formats::with_obs(std::move(file), table_.columns_of(rows_));
  }
  // The source that was joined last is used.
  void keep(const std::filesystem::path& source) {
    for (const std::int64_t row : rows_) {
      used_by_[static_cast<std::size_t>(row)] = static_cast<std::int32_t>(sources_.size());
    }
    sources_.push_back(source);
  }

 private:
  csv::ObsTable table_;
  std::vector<std::int64_t> rows_;
  std::vector<std::int32_t> used_by_;
  std::vector<std::filesystem::path> sources_;
};

// As it was when its obs were read; a folder's files together.
std::unique_ptr<formats::CellSource> reopen(const Source& source) {
  std::unique_ptr<formats::CellSource> file;
  try {
    file = formats::open_cells(source.path, source.open);
  } catch (const InputError&) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(source.path, ignored)) core::require_unchanged(source.path, source.identity);
    throw;
  }
  if (file->identity() != source.identity) core::refuse_changed(source.path);
  return file;
}

// Adds one source to all that is known of them, or throws and has added nothing.
void add_source(const std::filesystem::path& path, const BuildOptions& options, std::optional<Labels>& labels,
                ObsCollector& collector, SourceContents& contents) {
  if (path == formats::kStandardInput) {
    throw InputError({.subject = "standard input",
                      .found = "can be read once only, and a store needs its sources twice",
                      .next_step = "give a file"});
  }
  auto file = formats::open_cells(path, options.open);
  formats::log_notes(*file);
  if (labels) file = labels->join(std::move(file));
  const auto first_cell =
      contents.sources.empty() ? CellIndex{0} : contents.sources.back().first_cell + contents.sources.back().n_cells;
  Source source = inspect_source(*file, options.counts, first_cell);
  source.open = options.open;
  const formats::Strings genes = file->gene_names(source.counts.matrix_path);
  const formats::Strings symbols = file->gene_symbols(source.counts.matrix_path);
  collector.add(*file);
  contents.genes.add(genes, symbols);
  contents.sources.push_back(std::move(source));
  if (labels) labels->keep(path);
}

// A source without enough genes has brought its own into the union: only a pass without it is as if it were not there.
void require_enough_genes(const SourceContents& contents) {
  std::vector<SkippedSource> bad;
  for (std::size_t i = 0; i < contents.sources.size(); ++i) {
    try {
      contents.genes.require_enough_found(i, contents.sources[i].path);
    } catch (const InputError& error) {
      bad.push_back({contents.sources[i].path, error.problem()});
    }
  }
  if (!bad.empty()) throw BadSources(std::move(bad));
}

void tell(const SourceContents& contents) {
  for (std::size_t i = 0; i < contents.sources.size(); ++i) {
    const Source& source = contents.sources[i];
    const core::GeneIndex repeated = contents.genes.alignment(i).n_repeated();
    spdlog::info(
        "{}: {} cells; counts from {} ({}); {} of {} genes found{}", source.path.string(), format_count(source.n_cells),
        source.counts.matrix_path, source.counts.reason, format_count(contents.genes.alignment(i).n_found()),
        format_count(contents.genes.genes().size()),
        repeated == 0 ? "" : fmt::format("; {} columns name a gene again and are summed", format_count(repeated)));
  }
  for (const auto& label : contents.replaced_labels) {
    spdlog::info("{} is obsolete: its {} cells are now {}", label.from, format_count(label.cells), label.to);
  }
}

}  // namespace

Source inspect_source(const formats::CellSource& file, const std::string& counts_name, CellIndex first_cell) {
  Source source;
  source.path = file.path();
  source.identity = file.identity();
  source.first_cell = first_cell;
  source.n_cells = file.n_cells();
  source.counts = file.find_counts(formats::InputKind::kCounts, counts_name);
  return source;
}

void stream_counts(const Source& source, const std::vector<std::uint8_t>& keep, const genes::GeneAlignment& alignment,
                   const StreamOptions& options, core::ThreadPool& pool, const CountsReceiver& receive) {
  const auto file = reopen(source);
  if (std::find(keep.begin(), keep.end(), 1) == keep.end()) return;
  const BlockAligner align{{.file = source.path.string(), .matrix = source.counts.matrix_path},
                           file->gene_names(source.counts.matrix_path),
                           keep,
                           alignment};
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
                            .next_step = "write the file again; it is damaged"});
  }
  file->require_unchanged();
}

core::Problem with_next_step(core::Problem problem, std::string_view next_step) {
  if (!problem.next_step.empty()) problem.next_step += "; ";
  problem.next_step += next_step;
  return problem;
}

SourceContents read_sources(const std::vector<std::filesystem::path>& paths, const ontology::Ontology& ontology,
                            const BuildOptions& options, std::vector<SkippedSource>& skipped) {
  SourceContents contents{{}, {}, {}, GeneSpace(options.genes, options.symbols)};
  ObsCollector collector(ontology, obs_keys(options));
  std::optional<Labels> labels;
  if (!options.obs.empty()) labels.emplace(options.obs);
  core::Progress progress("reading obs", static_cast<std::int64_t>(paths.size()), "sources");
  for (const auto& path : paths) {
    core::check_interrupt();
    try {
      add_source(path, options, labels, collector, contents);
    } catch (const InputError& error) {
      if (!options.keep_going) throw BadSources({{path, error.problem()}});
      spdlog::warn("skipped: {}", error.what());
      skipped.push_back({path, error.problem()});
    }
    progress.advance();
  }
  progress.finish();
  if (contents.sources.empty()) {
    throw InputError({.found = fmt::format("none of the {} sources can be used", skipped.size()),
                      .next_step = fmt::format("start with the first: {}", skipped.front().reason())});
  }
  contents.replaced_labels = collector.replaced_labels();
  contents.cells = collector.finish();
  contents.genes.finish();
  require_enough_genes(contents);
  tell(contents);
  return contents;
}

}  // namespace sctab::corpus
