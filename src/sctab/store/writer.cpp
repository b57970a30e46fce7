#include "sctab/store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <unordered_set>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/store/gene_order.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/scatter.hpp"
#include "sctab/store/shard_writer.hpp"

namespace sctab::store {
namespace fs = std::filesystem;
namespace {

void require_distinct(const std::vector<std::string>& values, std::string_view table) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& value : values) {
    if (seen.insert(value).second) continue;
    throw core::InputError(
        fmt::format("{} '{}': stands for two values of the corpus, and each must have a name of its own; rename one in "
                    "the source (or in the ontology)",
                    table, value));
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

sparse::GeneList reordered(const sparse::GeneList& genes, const std::vector<GeneIndex>& order) {
  sparse::GeneList result;
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

void write_genes(const fs::path& file, const sparse::GeneList& genes) {
  std::string text = "gene_id\tgene_symbol\n";
  for (std::size_t i = 0; i < genes.ids.size(); ++i) text += genes.ids[i] + '\t' + genes.symbols[i] + '\n';
  core::write_file_atomically(file, text);
}

}  // namespace

void WriterOptions::validate() const {
  const auto require = [](bool good, std::string_view field, std::int64_t found, std::string_view expected) {
    if (!good) throw core::InputError(fmt::format("store: {} is {}, and {} was expected", field, found, expected));
  };
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
    std::vector<Spool> spools;
  };

  fs::path directory;
  sparse::GeneList genes;
  CategoryTables tables;
  WriterOptions options;
  core::ThreadPool pool;
  GeneMeans means;
  std::vector<SplitCells> splits;
  std::size_t bytes_per_block = 0;
  std::int64_t n_values = 0, n_cells = 0;
  bool integers = true;

  State(fs::path directory_, sparse::GeneList genes_, CategoryTables tables_, WriterOptions options_)
      : directory(std::move(directory_)),
        genes(std::move(genes_)),
        tables(std::move(tables_)),
        options(options_),
        pool(options_.threads == 0 ? core::default_threads() : options_.threads),
        means(genes.size()) {}

  void open_spools(const std::array<CellIndex, 3>& n_cells_of_split);
  void add_cell(sparse::RowView counts, const CellObs& obs, Split split);
  void flush(std::size_t smallest);
  std::vector<Shard> write_shards(Split split, const ShardLayout& layout, core::Progress& progress);
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
  if (split == Split::kTrain) means.add(counts);
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

// A spool becomes a shard, or several where its values are too many for one. These have equal numbers of cells and,
// being random, nearly equal numbers of values: a tenth is left for what they differ by.
std::vector<Shard> Writer::State::write_shards(Split split, const ShardLayout& layout, core::Progress& progress) {
  const core::Rng rng = core::Rng(options.seed).child("store");
  std::vector<Shard> shards;
  ShardPlace place{split};
  std::uint64_t n_spools = 0;
  for (Spool& waiting : splits[static_cast<std::size_t>(split)].spools) {
    const Spool spool = std::move(waiting);  // its file goes as soon as its shards stand
    const core::Rng shard_rng = rng.child(name(split), n_spools++);
    const bool fits = spool.n_values() <= options.values_per_shard;
    const std::int64_t share = std::max<std::int64_t>(options.values_per_shard / 10 * 9, 1);
    const CellIndex n_shards = fits ? 1 : std::min(spool.n_cells(), (spool.n_values() + share - 1) / share);
    for (CellIndex i = 0; i < n_shards; ++i) {
      place.begin = spool.n_cells() * i / n_shards;
      place.end = spool.n_cells() * (i + 1) / n_shards;
      shards.push_back(write_shard(directory, place, spool, shard_rng, layout, pool));
      ++place.number;
      place.first_position += shards.back().n_cells;
      progress.advance(shards.back().n_cells);
    }
  }
  return shards;
}

Writer::Writer(fs::path directory, sparse::GeneList genes, CategoryTables tables, std::array<CellIndex, 3> n_cells,
               WriterOptions options) {
  options.validate();
  require_distinct(tables);
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw core::InputError(fmt::format("{}: cannot be created: {}", directory.string(), error.message()));
  state_ = std::make_unique<State>(std::move(directory), std::move(genes), std::move(tables), options);
  state_->open_spools(n_cells);
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
  manifest.gene_list_hash = layout.genes.hash();
  manifest.tables = state.tables;
  manifest.provenance = provenance;
  core::Progress progress("writing shards", state.n_cells);
  for (const Split split : kSplits) {
    manifest.shards[static_cast<std::size_t>(split)] = state.write_shards(split, layout, progress);
  }
  progress.finish();
  write_genes(state.directory / kGenesFile, layout.genes);
  core::write_json(state.directory / kOntologyFile, ontology);
  write_manifest(state.directory, manifest);
}

}  // namespace sctab::store
