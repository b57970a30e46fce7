#include "sctab/store/shard_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/store/gene_order.hpp"

namespace sctab::store {
namespace {

/// The cells at positions [begin, end) of the spool's order, still encoded.
class CellArena {
 public:
  /// n_bytes: about what the cells take, so that the memory is asked for once.
  CellArena(CellIndex begin, CellIndex end, std::int64_t n_bytes)
      : begin_(begin), offsets_(static_cast<std::size_t>(end - begin)) {
    bytes_.reserve(static_cast<std::size_t>(n_bytes));
  }

  void load(const Spool& spool, const std::vector<CellIndex>& position_of_arrival, core::ThreadPool& pool) {
    spool.for_each(pool, [&](CellIndex arrival, std::span<const std::byte> cell) {
      const CellIndex place = position_of_arrival[static_cast<std::size_t>(arrival)] - begin_;
      if (place < 0 || std::cmp_greater_equal(place, offsets_.size())) return;
      offsets_[static_cast<std::size_t>(place)] = bytes_.size();
      bytes_.insert(bytes_.end(), cell.begin(), cell.end());
    });
  }
  [[nodiscard]] std::span<const std::byte> cell(CellIndex position) const {
    return std::span(bytes_).subspan(offsets_[static_cast<std::size_t>(position - begin_)]);
  }

 private:
  CellIndex begin_;
  std::vector<std::size_t> offsets_;
  std::vector<std::byte> bytes_;
};

constexpr CellIndex kCellsPerTask = 128;

// Decodes cells [begin, end), genes in the store's order.
sparse::CsrMatrix decode(const CellArena& arena, CellIndex begin, CellIndex end, const ShardLayout& layout,
                         ObsColumns& obs) {
  sparse::CsrMatrix matrix;
  matrix.n_genes = layout.genes.size();
  GeneReorderer reorderer(layout.new_of_old);
  DecodedCell cell;
  for (CellIndex position = begin; position < end; ++position) {
    decode_cell(arena.cell(position), cell);
    reorderer.append(cell.genes, cell.counts, matrix);
    obs.set(position, cell.obs);
  }
  return matrix;
}

// Returns how many values they have.
std::int64_t append_cells(h5ad::Writer& writer, const CellArena& arena, CellIndex begin, CellIndex end,
                          const ShardLayout& layout, core::ThreadPool& pool, ObsColumns& obs) {
  std::int64_t n_values = 0;
  const CellIndex tasks_at_once = 4 * CellIndex{pool.size()};
  std::vector<sparse::CsrMatrix> matrices(static_cast<std::size_t>(tasks_at_once));
  for (CellIndex first = begin; first < end; first += tasks_at_once * kCellsPerTask) {
    core::check_interrupt();
    const CellIndex n_tasks = std::min(tasks_at_once, (end - first + kCellsPerTask - 1) / kCellsPerTask);
    pool.parallel_for(n_tasks, [&](std::int64_t task) {
      const CellIndex task_begin = first + task * kCellsPerTask;
      matrices[static_cast<std::size_t>(task)] =
          decode(arena, task_begin, std::min(end, task_begin + kCellsPerTask), layout, obs);
    });
    for (CellIndex task = 0; task < n_tasks; ++task) {
      const sparse::CsrMatrix& cells = matrices[static_cast<std::size_t>(task)];
      writer.append(cells.view());
      n_values += cells.nnz();
    }
  }
  return n_values;
}

/// How the X of a shard is written.
h5ad::WriteOptions write_options(const ShardLayout& layout, core::ThreadPool* pool) {
  h5ad::WriteOptions options;
  options.values = layout.values == ValueType::kUint16 ? h5ad::ValueType::kUint16 : h5ad::ValueType::kFloat32;
  options.chunk_elements = layout.chunk_elements;
  options.gzip_level = layout.gzip_level;
  options.pool = pool;
  return options;
}

/// obs, whose index is the loader's row ("train-0", "train-1" …), and var. obs: the columns of the cells of the place.
void write_tables(h5ad::Writer& writer, const ShardPlace& place, const std::vector<formats::Column>& obs,
                  const genes::GeneList& genes) {
  formats::Strings names;
  for (CellIndex i = 0; i < place.end - place.begin; ++i) {
    names.push_back(fmt::format("{}-{}", name(place.split), place.first_position + i));
  }
  writer.write_obs(names, obs);
  const formats::Column symbols{"gene_symbol", genes.symbols};
  writer.write_var(genes.ids, std::span(&symbols, 1));
}

}  // namespace

ObsColumns::ObsColumns(CellIndex begin, CellIndex end)
    : begin_(begin), source_rows_(static_cast<std::size_t>(end - begin)) {
  for (auto& codes : codes_) codes.resize(source_rows_.size());
}

void ObsColumns::set(CellIndex position, const CellObs& obs) {
  const auto at = static_cast<std::size_t>(position - begin_);
  for (std::size_t field = 0; field < kNumFields; ++field) codes_[field][at] = obs.codes[field];
  source_rows_[at] = obs.source_row;
}

std::vector<formats::Column> ObsColumns::take_columns(const CategoryTables& tables) {
  std::vector<std::string> labels, ids;
  for (const CellTypeEntry& type : tables.cell_types) {
    labels.push_back(type.label);
    ids.push_back(type.id);
  }
  auto& cell_types = codes_[static_cast<std::size_t>(Field::kCellType)];
  std::vector<formats::Column> columns;
  columns.push_back({"cell_type", formats::Categorical{cell_types, std::move(labels), false}});
  columns.push_back({"cell_type_ontology_term_id", formats::Categorical{std::move(cell_types), std::move(ids), false}});
  for (const Field field : kFields) {
    if (field == Field::kCellType) continue;
    auto& codes = codes_[static_cast<std::size_t>(field)];
    columns.push_back({std::string(name(field)), formats::Categorical{std::move(codes), tables.column(field), false}});
  }
  columns.push_back({"source_row", std::move(source_rows_)});
  return columns;
}

std::string shard_file_name(const ShardPlace& place) {
  return fmt::format("{}-{:05}.h5ad", name(place.split), place.number);
}

Shard write_shard(const std::filesystem::path& directory, const ShardPlace& place, const Spool& spool, core::Rng rng,
                  const ShardLayout& layout, core::ThreadPool& pool) {
  const CellIndex n_cells = place.end - place.begin;
  std::vector<CellIndex> position_of_arrival(static_cast<std::size_t>(spool.n_cells()));
  std::iota(position_of_arrival.begin(), position_of_arrival.end(), CellIndex{0});
  rng.shuffle(std::span(position_of_arrival));

  Shard shard{shard_file_name(place), n_cells, 0, ""};
  const std::filesystem::path file = directory / shard.file;
  h5ad::Writer writer(file, layout.genes.size(), write_options(layout, &pool));

  // Half of the memory holds cells; positions are random, so that equal parts of them need equal memory.
  const std::int64_t cell_memory = std::max<std::int64_t>(layout.memory_bytes / 2, 1);
  const std::int64_t encoded_bytes = spool.encoded_bytes() * n_cells / spool.n_cells();
  const CellIndex n_parts = std::clamp<CellIndex>(encoded_bytes / cell_memory + 1, 1, n_cells);
  ObsColumns obs(place.begin, place.end);
  std::int64_t n_values = 0;
  for (CellIndex part = 0; part < n_parts; ++part) {
    const CellIndex begin = place.begin + n_cells * part / n_parts;
    const CellIndex end = place.begin + n_cells * (part + 1) / n_parts;
    CellArena arena(begin, end, encoded_bytes / n_parts / 16 * 17);
    arena.load(spool, position_of_arrival, pool);
    n_values += append_cells(writer, arena, begin, end, layout, pool, obs);
    if (n_values <= layout.most_values) continue;
    throw core::InputError({.file = shard.file,
                            .found = fmt::format("its {} have {} values or more, but a shard holds at most {}",
                                                 core::plural(n_cells, "cell"), core::format_count(n_values),
                                                 core::format_count(layout.most_values)),
                            .next_step = "build the store again with another --seed"});
  }
  write_tables(writer, place, obs.take_columns(layout.tables), layout.genes);
  writer.close();

  shard.bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  shard.sha256 = core::sha256_of_file(file);
  return shard;
}

OrderedShard::OrderedShard(std::filesystem::path file, ShardPlace place, const ShardLayout& layout)
    : file_(std::move(file)),
      place_(place),
      layout_(layout),
      writer_(file_, layout.genes.size(), write_options(layout, nullptr)),
      obs_(0, place.end) {
  SCTAB_ASSERT(place.begin == 0);
}

void OrderedShard::append(sparse::CsrView cells, std::span<const CellObs> obs) {
  SCTAB_ASSERT(std::cmp_equal(obs.size(), cells.n_cells) && n_cells_ + cells.n_cells <= place_.end);
  n_values_ += cells.nnz();
  if (n_values_ > layout_.most_values) {
    throw core::InputError(
        {.file = shard_file_name(place_),
         .found = fmt::format("its {} have more values than the {} that a shard holds",
                              core::plural(place_.end, "cell"), core::format_count(layout_.most_values)),
         .next_step = "remove the cells with the most non-zero genes"});
  }
  writer_.append(cells);
  for (const CellObs& cell : obs) obs_.set(n_cells_++, cell);
}

Shard OrderedShard::finish(std::vector<formats::Column> more_obs) {
  SCTAB_ASSERT(n_cells_ == place_.end);
  std::vector<formats::Column> columns = obs_.take_columns(layout_.tables);
  std::move(more_obs.begin(), more_obs.end(), std::back_inserter(columns));
  write_tables(writer_, place_, columns, layout_.genes);
  writer_.close();
  return {shard_file_name(place_), n_cells_, static_cast<std::int64_t>(std::filesystem::file_size(file_)),
          core::sha256_of_file(file_)};
}

}  // namespace sctab::store
