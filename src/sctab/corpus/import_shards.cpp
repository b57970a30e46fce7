#include "sctab/corpus/import_shards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/corpus/import_store.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/shard_writer.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::corpus {
namespace fs = std::filesystem;
namespace {

using core::InputError;
using store::Field;

// The shards of a job's cells; all but the last have cells_per_shard.
void add_shards(ShardJob& job, store::Split split, CellIndex cells_per_shard, std::int64_t& number) {
  const CellIndex begin = job.parts.front().first, end = job.parts.back().first + job.parts.back().n_cells;
  for (CellIndex first = begin; first < end; first += cells_per_shard) {
    store::ShardPlace& place = job.shards.emplace_back();
    place.split = split;
    place.number = number++;
    place.first_position = first;
    place.end = std::min(cells_per_shard, end - first);
  }
}

constexpr const char* kIdentityFile = "import.json";
constexpr const char* kRecords = "finished";

bool has_shards(const fs::path& folder) {
  return fs::exists(folder / kRecords) && !fs::is_empty(folder / kRecords);
}

bool is_record(const std::string& name) {
  constexpr std::string_view kEnding = ".json";
  return name.ends_with(kEnding) && store::is_name_of_growing_store(name.substr(0, name.size() - kEnding.size()));
}

core::ResumableWork import_work() {
  using Progress = core::ResumableWork::Progress;
  core::FolderKind target = store::store_folder();
  target.is_ours = [is_of_store = target.is_ours](const std::string& name) {
    return is_of_store(name) || name == kIdentityFile;
  };
  target.subfolder = kRecords;  // a killed import may leave it in the store
  target.is_ours_in_subfolder = is_record;
  return {.noun = "import",
          .suffix = ".import",
          .target = target,
          .is_ours = target.is_ours,
          .is_subfolder = [](const std::string& name) { return name == kRecords; },
          .is_ours_in_subfolder = target.is_ours_in_subfolder,
          .required = kIdentityFile,
          .progress = [](const fs::path& folder) { return has_shards(folder) ? Progress::kWork : Progress::kNone; }};
}

void require_same_import(const fs::path& folder, const nlohmann::json& identity) {
  const nlohmann::json before = core::read_json(folder / kIdentityFile);
  if (before == identity) return;
  throw InputError(
      {.file = folder.string(),
       .found = fmt::format("has an unfinished import of other files or with other options: they differ in {}",
                            core::differences(before, identity)),
       .next_step = "give the same files and options again, choose another -o, or remove the folder to start over"});
}

// What a killed import left of files that it was writing.
void remove_unfinished(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with('.') && file.ends_with(".tmp")) fs::remove(entry.path());
  }
}

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

  std::vector<formats::Column> take_columns(const MerlinStore& from) {
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
  PartSequence(const MerlinStore& from, const std::vector<Part>& parts) : from_(from), parts_(parts) {}

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

  const MerlinStore& from_;
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
  const MerlinStore& from;
  const store::ShardLayout& layout;
  const ImportFolder& folder;
  core::Progress progress;
  std::mutex advancing{};
  std::atomic<std::int64_t> n_written{0};

  void advance(CellIndex n_cells) {
    const std::lock_guard lock(advancing);
    progress.advance(n_cells);
  }
};

// Reads over the cells of a shard that is finished.
void skip_shard(CellIndex n_cells, PartSequence& cells) {
  for (CellIndex left = n_cells; left > 0;) {
    const PartSequence::Piece piece = cells.next(left);
    left -= static_cast<CellIndex>(piece.end - piece.begin);
  }
}

void require_unchanged_parts(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    std::error_code missing;
    if (!fs::exists(part.file, missing) || state_of(part.file) != part.state) core::refuse_changed(part.file);
  }
}

FinishedShard write_shard(Import& import, const store::ShardPlace& place, const ShardJob& job, PartSequence& cells) {
  FinishedShard finished;
  finished.parts = job.part_states();
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
    import.advance(std::ssize(obs));
  }
  finished.shard = shard.finish(more.take_columns(import.from));
  require_unchanged_parts(job.parts);
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
      finished.push_back(write_shard(import, place, job, cells));
      --left;
      continue;
    }
    if (left > 0) skip_shard(place.end, cells);
    import.advance(place.end);
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

std::vector<FileState> ShardJob::part_states() const {
  std::vector<FileState> states;
  for (const Part& part : parts) states.push_back(part.state);
  return states;
}

std::vector<ShardJob> plan_shards(const MerlinStore& from, CellIndex cells_per_shard) {
  std::vector<ShardJob> jobs;
  for (const store::Split split : store::kSplits) {
    std::int64_t number = 0;
    ShardJob job;
    CellIndex n_cells = 0;
    const auto end_job = [&] {
      if (n_cells > 0) {
        add_shards(job, split, cells_per_shard, number);
        jobs.push_back(std::move(job));
      }
      job = {};
      n_cells = 0;
    };
    for (const Part& part : from.parts[static_cast<std::size_t>(split)]) {
      if (n_cells + part.n_cells > cells_per_shard) end_job();
      job.parts.push_back(part);
      n_cells += part.n_cells;
    }
    end_job();
  }
  return jobs;
}

void require_to_import(const fs::path& store, core::Start start) {
  core::ResumableFolder::check(store, import_work(), start);
}

ImportFolder::ImportFolder(const fs::path& store, const nlohmann::json& identity, core::Start start)
    : folder_(store, import_work(), start) {
  if (has_shards(path())) require_same_import(path(), identity);
  fs::create_directory(path() / kRecords);
  remove_unfinished(path());
  remove_unfinished(path() / kRecords);
  core::write_json(path() / kIdentityFile, identity);
}

std::optional<FinishedShard> ImportFolder::find(const std::string& file, const std::vector<FileState>& parts) const {
  const fs::path record = path() / kRecords / (file + ".json");
  if (!fs::exists(record)) return std::nullopt;
  FinishedShard finished;
  try {
    const nlohmann::json json = core::read_json(record);
    const core::JsonFields fields(json, {.file = record.string()});
    finished.shard = store::to_shard(fields);
    finished.cells_per_type = fields.get<std::vector<std::int64_t>>("cells_per_type");
    for (const core::JsonFields& part : fields.objects("parts")) {
      finished.parts.push_back({part.get<std::int64_t>("bytes"), part.get<std::int64_t>("modified")});
    }
  } catch (const InputError&) {  // damaged: the shard is written again
    return std::nullopt;
  }
  std::error_code error;
  const auto bytes = fs::file_size(path() / file, error);
  if (error || std::cmp_not_equal(bytes, finished.shard.bytes) || finished.parts != parts) return std::nullopt;
  return finished;
}

std::int64_t ImportFolder::n_finished() const {
  std::error_code error;
  return std::distance(fs::directory_iterator(path() / kRecords, error), fs::directory_iterator());
}

void ImportFolder::forget(const std::string& file) const {
  fs::remove(path() / kRecords / (file + ".json"));
}

void ImportFolder::record(const FinishedShard& finished) const {
  nlohmann::json json = store::to_json(finished.shard);
  json["cells_per_type"] = finished.cells_per_type;
  for (const FileState& part : finished.parts) {
    json["parts"].push_back({{"bytes", part.bytes}, {"modified", part.modified}});
  }
  core::write_json(path() / kRecords / (finished.shard.file + ".json"), json);
}

void ImportFolder::commit() const {
  folder_.commit();
  const fs::path records = folder_.target() / kRecords;
  const std::vector<fs::path> files(fs::directory_iterator(records), fs::directory_iterator{});
  for (const fs::path& file : files) {
    if (is_record(file.filename())) fs::remove(file);
  }
  std::error_code has_others;  // the user's, kept from an earlier store
  fs::remove(records, has_others);
  fs::remove(folder_.target() / kIdentityFile);
}

store::CategoryTables category_tables(const MerlinStore& from, std::vector<store::CellTypeEntry> cell_types) {
  store::CategoryTables tables;
  tables.cell_types = std::move(cell_types);
  for (const Field field : store::kFields) {
    if (field != Field::kCellType) tables.column(field) = from.lookup(source_of(field));
  }
  return tables;
}

ImportedShards import_shards(const MerlinStore& from, const std::vector<ShardJob>& jobs,
                             const store::ShardLayout& layout, const ImportFolder& folder, int threads) {
  CellIndex n_cells = 0;
  for (const store::Split split : store::kSplits) n_cells += from.n_cells(split);
  Import import{from, layout, folder, {"importing", n_cells}};
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

}  // namespace sctab::corpus
