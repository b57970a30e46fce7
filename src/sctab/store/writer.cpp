#include "sctab/store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <unordered_set>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/require.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/store/gene_order.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/shard_writer.hpp"
#include "sctab/store/spool.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::store {
namespace fs = std::filesystem;
namespace {

void require_distinct(const std::vector<std::string>& values, std::string_view table) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& value : values) {
    if (seen.insert(value).second) continue;
    throw core::InputError({.key = std::string(table),
                            .found = fmt::format("two values of the corpus are both named '{}'", value),
                            .expected = "distinct names",
                            .next_step = "rename one in the source or in the ontology"});
  }
}

void require_distinct(const CategoryTables& tables) {
  std::vector<std::string> labels, ids;
  for (const CellTypeEntry& type : tables.cell_types) {
    labels.push_back(type.label);
    ids.push_back(type.id);
  }
  require_distinct(labels, "cell_type");
  require_distinct(ids, "cell_type_ontology_term_id");
  for (const Field field : kFields) require_distinct(tables.column(field), name(field));
}

genes::GeneList reordered(const genes::GeneList& genes, const std::vector<GeneIndex>& order) {
  genes::GeneList result;
  for (const GeneIndex gene : order) {
    const auto at = static_cast<std::size_t>(gene);
    result.ids.push_back(genes.ids[at]);
    result.symbols.push_back(at < genes.symbols.size() ? genes.symbols[at] : std::string());
  }
  return result;
}

std::vector<GeneIndex> inverse(const std::vector<GeneIndex>& order) {
  std::vector<GeneIndex> places(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) places[static_cast<std::size_t>(order[i])] = static_cast<GeneIndex>(i);
  return places;
}

}  // namespace

void WriterOptions::validate() const {
  using core::require;
  require(cells_per_shard >= 1 && cells_per_shard <= 131'072, "cells_per_shard", cells_per_shard, "1 to 131072");
  require(cells_per_chunk >= 1, "cells_per_chunk", cells_per_chunk, "at least 1");
  constexpr std::int64_t kMostOffset = std::numeric_limits<std::int32_t>::max();
  require(values_per_shard >= 1 && values_per_shard <= kMostOffset, "values_per_shard", values_per_shard,
          "1 to 2147483647");
  require(gzip_level >= 1 && gzip_level <= 9, "gzip_level", gzip_level, "1 to 9");
  require(threads >= 0, "threads", threads, "0 (all) or more");
  require(memory_bytes >= 1'000'000, "memory_bytes", memory_bytes, "at least a million");
}

struct Writer::State {
  /// The cells of one split: where they go, and where they wait.
  struct SplitCells {
    Scatter scatter;
    std::vector<Spool> spools = {};
    std::size_t spools_written = 0;  // those at the front, whose shards are written
    std::vector<Shard> shards = {};
  };

  fs::path directory;
  genes::GeneList genes;
  CategoryTables tables;
  WriterOptions options;
  core::ThreadPool pool;
  GeneMeans means;
  std::vector<SplitCells> splits;
  std::size_t bytes_per_block = 0;
  std::int64_t n_values = 0, n_cells = 0;
  bool integers = true;
  nlohmann::json note, resumed_note;
  bool saved = false;  // the folder has a checkpoint
  std::chrono::steady_clock::time_point saved_at = std::chrono::steady_clock::now();

  State(fs::path directory_, genes::GeneList genes_, CategoryTables tables_, WriterOptions options_)
      : directory(std::move(directory_)),
        genes(std::move(genes_)),
        tables(std::move(tables_)),
        options(options_),
        pool(options_.threads == 0 ? core::default_threads() : options_.threads),
        means(genes.size()) {}

  void open_spools(const std::array<CellIndex, 3>& n_cells_of_split);
  void add_cell(sparse::RowView counts, const CellObs& obs, Split split);
  void flush(std::size_t smallest);
  void resume();
  [[nodiscard]] bool is_time_to_save() const;
  void save();
  void write_shards(Split split, const ShardLayout& layout, core::Progress& progress);
  [[nodiscard]] std::int64_t chunk_elements() const;
  void check_codes(const CellObs& obs) const;
};

void Writer::State::open_spools(const std::array<CellIndex, 3>& n_cells_of_split) {
  const core::Rng rng = core::Rng(options.seed).child("store");
  std::size_t n_spools = 0;
  for (const Split split : kSplits) {
    const CellIndex cells = n_cells_of_split[static_cast<std::size_t>(split)];
    SplitCells& part = splits.emplace_back(SplitCells{
        Scatter(cells, options.cells_per_shard, rng.child("scatter", static_cast<std::uint64_t>(split))), {}});
    for (std::size_t i = 0; i < part.scatter.capacities().size(); ++i) {
      part.spools.emplace_back(directory / fmt::format("{}-{:05}.spool", name(split), i));
    }
    n_spools += part.spools.size();
  }
  // A quarter of the memory at most waits to be written; larger blocks than 4 MB gain nothing.
  const auto share = static_cast<std::size_t>(options.memory_bytes) / 4 / std::max<std::size_t>(n_spools, 1);
  bytes_per_block = std::min<std::size_t>(share, 4'000'000);
}

void Writer::State::check_codes(const CellObs& obs) const {
  for (const Field field : kFields) {
    const std::int32_t code = obs.codes[static_cast<std::size_t>(field)];
    const bool is_type = field == Field::kCellType;
    SCTAB_ASSERT(code >= (is_type ? 0 : -1));
    SCTAB_ASSERT(std::cmp_less(code, is_type ? tables.cell_types.size() : tables.column(field).size()));
  }
  SCTAB_ASSERT(obs.source_row >= 0);
}

void Writer::State::add_cell(sparse::RowView counts, const CellObs& obs, Split split) {
  SCTAB_ASSERT(counts.indices.empty() || (counts.indices.front() >= 0 && counts.indices.back() < genes.size()));
  check_codes(obs);
  SplitCells& part = splits[static_cast<std::size_t>(split)];
  if (part.scatter.places_left() == 0) {
    throw std::logic_error(fmt::format("more {} cells were added than announced", name(split)));
  }
  integers = part.spools[part.scatter.next()].add(counts, obs) && integers;
  if (split == Split::kTrain) means.add(counts, options.content);
  n_values += static_cast<std::int64_t>(counts.data.size());
  ++n_cells;
}

void Writer::State::flush(std::size_t smallest) {
  std::vector<Spool*> full;
  for (SplitCells& part : splits) {
    for (Spool& spool : part.spools) {
      if (spool.buffered_bytes() >= smallest) full.push_back(&spool);
    }
  }
  pool.parallel_for(static_cast<std::int64_t>(full.size()),
                    [&](std::int64_t i) { full[static_cast<std::size_t>(i)]->flush(); });
}

// cells_per_chunk average cells, in whole thousands.
std::int64_t Writer::State::chunk_elements() const {
  const std::int64_t per_chunk = n_cells == 0 ? 0 : n_values * options.cells_per_chunk / n_cells;
  return std::clamp<std::int64_t>((per_chunk + 1023) / 1024 * 1024, 1024, 1 << 22);
}

// Resumes from the checkpoint in the folder, if any: the cells dealt before it are dealt again, to nowhere.
void Writer::State::resume() {
  if (!fs::exists(directory / kCheckpointFile)) return;
  saved = true;
  for (SplitCells& part : splits) {
    for (Spool& spool : part.spools) spool.keep_file(true);  // also where going on is refused
  }
  std::optional<WriterCheckpoint> checkpoint = read_checkpoint(directory);
  const auto require = [this](bool same) {
    if (same) return;
    throw core::InputError({.file = (directory / kCheckpointFile).string(),
                            .found = "belongs to a store of other cells or genes",
                            .next_step = kStartOver});
  };
  require(std::cmp_equal(checkpoint->gene_sums.size(), genes.size()));
  means = GeneMeans(std::move(checkpoint->gene_sums));
  n_cells = checkpoint->n_cells;
  n_values = checkpoint->n_values;
  integers = checkpoint->integers;
  note = resumed_note = checkpoint->note;
  for (std::size_t split = 0; split < splits.size(); ++split) {
    SplitCells& part = splits[split];
    std::vector<SpoolState>& spools = checkpoint->spools[split];
    require(spools.size() == part.spools.size());
    CellIndex n_dealt = 0;
    for (const SpoolState& spool : spools) n_dealt += spool.n_cells;
    require(n_dealt <= part.scatter.places_left());
    std::vector<CellIndex> dealt(spools.size(), 0);
    for (CellIndex cell = 0; cell < n_dealt; ++cell) ++dealt[part.scatter.next()];
    part.spools_written = checkpoint->spools_written[split];
    part.shards = std::move(checkpoint->shards[split]);
    std::vector<Spool> resumed;
    for (std::size_t i = 0; i < spools.size(); ++i) {
      require(spools[i].n_cells == dealt[i]);
      const std::filesystem::path file = part.spools[i].path();
      if (i < part.spools_written) {
        resumed.emplace_back(file).remove_file();  // its shards are written
      } else {
        resumed.emplace_back(file, std::move(spools[i]));
      }
      resumed.back().keep_file(true);
    }
    part.spools = std::move(resumed);
  }
}

bool Writer::State::is_time_to_save() const {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - saved_at;
  return options.resumable && since.count() >= options.seconds_between_checkpoints;
}

// All spools must be flushed.
void Writer::State::save() {
  WriterCheckpoint checkpoint;
  checkpoint.note = note;
  checkpoint.n_cells = n_cells;
  checkpoint.n_values = n_values;
  checkpoint.integers = integers;
  checkpoint.gene_sums = means.sums();
  for (std::size_t split = 0; split < splits.size(); ++split) {
    for (const Spool& spool : splits[split].spools) checkpoint.spools[split].push_back(spool.state());
    checkpoint.spools_written[split] = splits[split].spools_written;
    checkpoint.shards[split] = splits[split].shards;
  }
  write_checkpoint(directory, checkpoint);
  saved = true;
  saved_at = std::chrono::steady_clock::now();
  for (SplitCells& part : splits) {
    for (Spool& spool : part.spools) spool.keep_file(true);
  }
}

// A spool becomes a shard, or several where its values are too many for one. These have equal numbers of cells and,
// being random, nearly equal numbers of values: a tenth is left for what they differ by.
void Writer::State::write_shards(Split split, const ShardLayout& layout, core::Progress& progress) {
  const core::Rng rng = core::Rng(options.seed).child("store");
  SplitCells& part = splits[static_cast<std::size_t>(split)];
  ShardPlace place{split};
  for (const Shard& shard : part.shards) {
    ++place.number;
    place.first_position += shard.n_cells;
    progress.advance(shard.n_cells);
  }
  while (part.spools_written < part.spools.size()) {
    Spool& spool = part.spools[part.spools_written];
    const core::Rng shard_rng = rng.child(name(split), part.spools_written);
    const bool fits = spool.n_values() <= options.values_per_shard;
    const std::int64_t share = std::max<std::int64_t>(options.values_per_shard / 10 * 9, 1);
    const CellIndex n_shards = fits ? 1 : std::min(spool.n_cells(), (spool.n_values() + share - 1) / share);
    for (CellIndex i = 0; i < n_shards; ++i) {
      place.begin = spool.n_cells() * i / n_shards;
      place.end = spool.n_cells() * (i + 1) / n_shards;
      part.shards.push_back(write_shard(directory, place, spool, shard_rng, layout, pool));
      ++place.number;
      place.first_position += part.shards.back().n_cells;
      progress.advance(part.shards.back().n_cells);
      if (options.resumable) core::sync_file(directory / part.shards.back().file);
    }
    ++part.spools_written;
    if (saved || is_time_to_save()) save();
    spool.remove_file();  // as soon as its shards are written
  }
}

Writer::Writer(fs::path directory, genes::GeneList genes, CategoryTables tables, std::array<CellIndex, 3> n_cells,
               WriterOptions options) {
  options.validate();
  require_distinct(tables);
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    throw core::InputError({.file = directory.string(),
                            .found = "cannot be created: " + error.message(),
                            .next_step = "choose another output"});
  state_ = std::make_unique<State>(std::move(directory), std::move(genes), std::move(tables), options);
  state_->open_spools(n_cells);
  if (state_->options.resumable) state_->resume();
}

Writer::~Writer() = default;

void Writer::add(sparse::CsrView counts, std::span<const CellObs> obs, std::span<const Split> splits) {
  SCTAB_ASSERT(counts.n_genes == state_->genes.size());
  SCTAB_ASSERT(std::cmp_equal(obs.size(), counts.n_cells) && obs.size() == splits.size());
  constexpr CellIndex kCellsPerFlush = 1024;
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const auto at = static_cast<std::size_t>(cell);
    state_->add_cell(counts.row(cell), obs[at], splits[at]);
    if (cell % kCellsPerFlush != kCellsPerFlush - 1 && cell + 1 != counts.n_cells) continue;
    core::check_interrupt();
    state_->flush(state_->bytes_per_block);
  }
}

void Writer::checkpoint(const nlohmann::json& note) {
  State& state = *state_;
  state.note = note;
  if (!state.is_time_to_save()) return;
  state.flush(1);
  for (const State::SplitCells& part : state.splits) {
    for (const Spool& spool : part.spools) {
      if (spool.state().file_bytes > 0) core::sync_file(spool.path());
    }
  }
  state.save();
}

const nlohmann::json& Writer::resumed_note() const {
  return state_->resumed_note;
}

void Writer::finish(const nlohmann::json& ontology, const nlohmann::json& provenance) {
  State& state = *state_;
  for (const Split split : kSplits) {
    if (state.splits[static_cast<std::size_t>(split)].scatter.places_left() != 0) {
      throw std::logic_error(fmt::format("fewer {} cells were added than announced", name(split)));
    }
  }
  state.flush(1);

  const std::vector<GeneIndex> order = state.means.descending();
  const ShardLayout layout{reordered(state.genes, order),
                           inverse(order),
                           state.tables,
                           state.integers ? ValueType::kUint16 : ValueType::kFloat32,
                           state.chunk_elements(),
                           state.options.gzip_level,
                           state.options.memory_bytes,
                           state.options.values_per_shard};
  Manifest manifest;
  manifest.seed = state.options.seed;
  manifest.values = layout.values;
  manifest.content = state.options.content;
  manifest.gene_list_hash = layout.genes.hash();
  manifest.tables = state.tables;
  manifest.provenance = provenance;
  core::Progress progress("writing shards", state.n_cells);
  for (const Split split : kSplits) {
    state.write_shards(split, layout, progress);
    manifest.shards[static_cast<std::size_t>(split)] = state.splits[static_cast<std::size_t>(split)].shards;
  }
  progress.finish();
  if (state.options.resumable) state.save();  // if anything fails before the store is in place, the shards are kept
  genes::write_genes_tsv(state.directory / kGenesFile, layout.genes);
  core::write_json(state.directory / kOntologyFile, ontology);
  write_manifest(state.directory, manifest);
}

}  // namespace sctab::store
