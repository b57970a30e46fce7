#include "sctab/published/import_shards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/published/part_reader.hpp"
#include "sctab/published/shared_progress.hpp"
#include "sctab/store/shard_writer.hpp"

namespace sctab::published {
namespace {

using store::Field;

/// Which column of the authors' store a field of ours is.
Coded source_of(Field field) {
  constexpr std::array<Coded, store::kNumFields> kSources = {
      Coded::kCellType, Coded::kTechSample,    Coded::kDataset, Coded::kAssay,
      Coded::kTissue,   Coded::kTissueGeneral, Coded::kDisease};
  return kSources.at(static_cast<std::size_t>(field));
}

/// The obs of a shard beyond the store's own.
struct MoreObs {
  std::vector<std::int32_t> donor_id, development_stage;
  formats::Booleans is_primary;
  formats::Integers idx;

  void append(const CellBlock& block, std::size_t begin, std::size_t end) {
    const auto copy = [begin, end](const auto& from, auto& to) {
      to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
                from.begin() + static_cast<std::ptrdiff_t>(end));
    };
    copy(block.codes[static_cast<std::size_t>(Coded::kDonor)], donor_id);
    copy(block.codes[static_cast<std::size_t>(Coded::kDevelopmentStage)], development_stage);
    copy(block.is_primary, is_primary);
    copy(block.idx, idx);
  }

  std::vector<formats::Column> take_columns(const ParquetStore& from) {
    std::vector<formats::Column> columns;
    columns.push_back({"donor_id", formats::Categorical{std::move(donor_id), from.lookup(Coded::kDonor), false}});
    columns.push_back({"development_stage", formats::Categorical{std::move(development_stage),
                                                                 from.lookup(Coded::kDevelopmentStage), false}});
    columns.push_back({"is_primary_data", std::move(is_primary)});
    columns.push_back({"idx", std::move(idx)});
    return columns;
  }
};

/// The cells of a job's parts one after another, in pieces that end where the caller wants.
class PartSequence {
 public:
  PartSequence(const ParquetStore& from, const std::vector<Part>& parts) : from_(from), parts_(parts) {}

  struct Piece {
    const CellBlock* block;
    std::size_t begin, end;
  };
  /// The next cells, most_cells at most.
  Piece next(CellIndex most_cells) {
    while (at_ == n_in_block()) read_block();
    const std::size_t begin = at_;
    at_ = std::min(n_in_block(), begin + static_cast<std::size_t>(most_cells));
    return {&block_, begin, at_};
  }

 private:
  [[nodiscard]] std::size_t n_in_block() const { return static_cast<std::size_t>(block_.cells.n_cells); }
  void read_block() {
    core::check_interrupt();
    at_ = 0;
    if (reader_ && reader_->next(block_)) return;
    block_.cells.clear(from_.genes.size());
    SCTAB_ASSERT(next_part_ < parts_.size());
    reader_ = std::make_unique<PartReader>(from_, parts_[next_part_++]);
  }

  const ParquetStore& from_;
  const std::vector<Part>& parts_;
  std::size_t next_part_ = 0, at_ = 0;
  std::unique_ptr<PartReader> reader_;
  CellBlock block_;
};

store::CellObs obs_of(const CellBlock& block, std::size_t cell) {
  store::CellObs obs;
  for (const Field field : store::kFields) {
    obs.codes[static_cast<std::size_t>(field)] = block.codes[static_cast<std::size_t>(source_of(field))][cell];
  }
  obs.source_row = block.soma_joinid[cell];
  return obs;
}

sparse::CsrView part_of(const sparse::CsrMatrix& cells, std::size_t begin, std::size_t end) {
  return {static_cast<CellIndex>(end - begin), cells.n_genes, std::span(cells.indptr).subspan(begin, end - begin + 1),
          cells.indices, cells.data};
}

/// What the jobs share.
struct Import {
  const ParquetStore& from;
  const store::ShardLayout& layout;
  const ImportFolder& folder;
  SharedProgress progress;
  std::atomic<std::int64_t> n_written{0};
};

// Reads over the cells of a shard that is finished.
void skip_shard(CellIndex n_cells, PartSequence& cells) {
  for (CellIndex left = n_cells; left > 0;) {
    const PartSequence::Piece piece = cells.next(left);
    left -= static_cast<CellIndex>(piece.end - piece.begin);
  }
}

FinishedShard write_shard(Import& import, const store::ShardPlace& place, std::vector<FileState> parts,
                          PartSequence& cells) {
  FinishedShard finished;
  finished.parts = std::move(parts);
  finished.cells_per_type.resize(import.layout.tables.cell_types.size());
  core::StagedOutput staged(import.folder.path() / store::shard_file_name(place));
  store::OrderedShard shard(staged.path(), place, import.layout);
  MoreObs more;
  std::vector<store::CellObs> obs;
  for (CellIndex left = place.end; left > 0; left -= std::ssize(obs)) {
    const auto [block, begin, end] = cells.next(left);
    obs.clear();
    for (std::size_t cell = begin; cell < end; ++cell) {
      obs.push_back(obs_of(*block, cell));
      ++finished.cells_per_type[static_cast<std::size_t>(obs.back().codes.front())];
    }
    shard.append(part_of(block->cells, begin, end), obs);
    more.append(*block, begin, end);
    import.progress.advance(std::ssize(obs));
  }
  finished.shard = shard.finish(more.take_columns(import.from));
  staged.commit();
  import.folder.record(finished);
  ++import.n_written;
  return finished;
}

// One finished shard for each of the job's, those of an earlier import among them whose parts are still the same.
std::vector<FinishedShard> run_job(Import& import, const ShardJob& job) {
  const std::vector<FileState> parts = job.part_states();
  std::vector<std::optional<FinishedShard>> earlier;
  for (const store::ShardPlace& place : job.shards) {
    const std::string file = store::shard_file_name(place);
    earlier.push_back(import.folder.find(file, parts));
    if (!earlier.back()) import.folder.forget(file);
  }
  const auto missing = std::ranges::count_if(earlier, [](const auto& shard) { return !shard.has_value(); });
  PartSequence cells(import.from, job.parts);
  std::vector<FinishedShard> finished;
  auto left = missing;
  for (std::size_t i = 0; i < job.shards.size(); ++i) {
    const store::ShardPlace& place = job.shards[i];
    if (!earlier[i]) {
      finished.push_back(write_shard(import, place, parts, cells));
      --left;
      continue;
    }
    if (left > 0) skip_shard(place.end, cells);
    import.progress.advance(place.end);
    finished.push_back(std::move(*earlier[i]));
  }
  return finished;
}

std::string interrupted_message(const ImportFolder& folder, const std::vector<ShardJob>& jobs) {
  std::int64_t n_finished = 0, n_shards = 0;
  for (const ShardJob& job : jobs) {
    for (const store::ShardPlace& place : job.shards) {
      ++n_shards;
      n_finished += folder.find(store::shard_file_name(place), job.part_states()).has_value() ? 1 : 0;
    }
  }
  return fmt::format("interrupted; {} of {} shards are finished in {}: continue with --resume", n_finished, n_shards,
                     folder.path().string());
}

}  // namespace

store::CategoryTables category_tables(const ParquetStore& from, std::vector<store::CellTypeEntry> cell_types) {
  store::CategoryTables tables;
  tables.cell_types = std::move(cell_types);
  for (const Field field : store::kFields) {
    if (field != Field::kCellType) tables.column(field) = from.lookup(source_of(field));
  }
  return tables;
}

ImportedShards import_shards(const ParquetStore& from, const std::vector<ShardJob>& jobs,
                             const store::ShardLayout& layout, const ImportFolder& folder, int threads) {
  CellIndex n_cells = 0;
  for (const store::Split split : store::kSplits) n_cells += from.n_cells(split);
  Import import{from, layout, folder, SharedProgress("importing", n_cells)};
  std::vector<std::vector<FinishedShard>> finished(jobs.size());
  try {
    core::ThreadPool pool(threads == 0 ? core::default_threads() : threads);
    pool.parallel_for(std::ssize(jobs), [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      finished[at] = run_job(import, jobs[at]);
    });
  } catch (const core::Interrupted&) {
    throw core::Interrupted(interrupted_message(folder, jobs));
  }
  import.progress.finish();
  ImportedShards result;
  result.train_cells_per_type.resize(layout.tables.cell_types.size());
  result.n_written = import.n_written;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto split = static_cast<std::size_t>(jobs[i].shards.front().split);
    for (const FinishedShard& shard : finished[i]) {
      result.shards[split].push_back(shard.shard);
      ++result.n_kept;
      for (std::size_t type = 0; split == 0 && type < result.train_cells_per_type.size(); ++type) {
        result.train_cells_per_type[type] += shard.cells_per_type.at(type);
      }
    }
  }
  result.n_kept -= result.n_written;
  return result;
}

}  // namespace sctab::published
