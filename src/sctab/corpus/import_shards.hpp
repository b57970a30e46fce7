#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sctab/core/resumable_folder.hpp"
#include "sctab/corpus/merlin_store.hpp"
#include "sctab/store/shard_writer.hpp"

namespace sctab::corpus {

/// Parts that one thread reads, one after another, and the shards that it writes of them: the shards' cells are the
/// parts' cells, in their order.
struct ShardJob {
  std::vector<Part> parts;
  std::vector<store::ShardPlace> shards;  // begin 0, end its number of cells

  [[nodiscard]] std::vector<FileState> part_states() const;
};

/// Shards of as many whole parts as cells_per_shard allows, and several shards of a part that is larger.
std::vector<ShardJob> plan_shards(const MerlinStore& from, CellIndex cells_per_shard);

/// The record of a finished shard.
struct FinishedShard {
  store::Shard shard;
  std::vector<std::int64_t> cells_per_type;  // by code
  std::vector<FileState> parts;              // the files that its cells were read from
};

/// What can be refused before any cell is read. Throws InputError as core::ResumableFolder::check() does.
void require_to_import(const std::filesystem::path& store, core::Start start);

/// The folder of an unfinished import: STORE.import next to the store that it becomes. Finished shards stay there when
/// an import is interrupted, each with a record of its own, and the same import continues from them.
class ImportFolder {
 public:
  /// identity: what the import makes, without the files of the parts, which the records of finished shards have. Throws
  /// InputError as core::ResumableFolder does, and if finished shards come from another import.
  ImportFolder(const std::filesystem::path& store, const nlohmann::json& identity, core::Start start);

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  /// The shard of this name, if it is finished, was made from these parts and has the size that its record gives.
  [[nodiscard]] std::optional<FinishedShard> find(const std::string& file, const std::vector<FileState>& parts) const;
  /// How many are finished, from any parts.
  [[nodiscard]] std::int64_t n_finished() const;
  /// Forgets that this shard is finished: it is written again.
  void forget(const std::string& file) const;
  /// Records a shard that is complete under its name. Any number of threads at once.
  void record(const FinishedShard& finished) const;
  /// Puts the folder in the place of the store, whole or not at all, then removes the records. Throws InputError if
  /// that fails; then the folder stays as it is.
  void commit() const;

 private:
  core::ResumableFolder folder_;
};

/// The shards of all splits, in order, and what was counted on the way.
struct ImportedShards {
  std::array<std::vector<store::Shard>, store::kSplits.size()> shards;
  std::vector<std::int64_t> train_cells_per_type;  // by code
  std::int64_t n_written = 0, n_kept = 0;          // now; from an import that was interrupted
};

/// What the codes of the store's fields mean: a donor is a tech_sample, by which the authors split. cell_types: label
/// and id of each code.
store::CategoryTables category_tables(const MerlinStore& from, std::vector<store::CellTypeEntry> cell_types);

/// Writes every shard of the plan that is not finished yet, in memory of one row group a thread. layout: as store::
/// OrderedShard wants it. obs gets, besides the store's own columns (source_row is soma_joinid), donor_id,
/// development_stage, is_primary_data and idx. Throws core::Interrupted, which says what is finished.
ImportedShards import_shards(const MerlinStore& from, const std::vector<ShardJob>& jobs,
                             const store::ShardLayout& layout, const ImportFolder& folder, int threads);

}  // namespace sctab::corpus
