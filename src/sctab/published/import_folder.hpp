#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sctab/core/resumable_folder.hpp"
#include "sctab/published/parquet_store.hpp"
#include "sctab/store/store.hpp"

namespace sctab::published {

/// The record of a finished shard.
struct FinishedShard {
  store::Shard shard;
  std::vector<std::int64_t> cells_per_type;  // by code
  std::vector<FileState> parts;              // the files that its cells were read from
};

/// What can be refused before any cell is read. Throws InputError as core::ResumableFolder::check() does.
void require_to_import(const std::filesystem::path& store, bool resume);

/// The folder of an unfinished import: STORE.import next to the store that it becomes. Finished shards stay there when
/// an import is interrupted, each with a record of its own, and the same import continues from them.
class ImportFolder {
 public:
  /// identity: what the import makes, without the files of the parts, which the records of finished shards have. Throws
  /// InputError as core::ResumableFolder does, and if finished shards come from another import.
  ImportFolder(const std::filesystem::path& store, const nlohmann::json& identity, bool resume);

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  /// The shard of this name, if it is finished, was made from these parts and has the size that its record gives.
  [[nodiscard]] std::optional<FinishedShard> find(const std::string& file, const std::vector<FileState>& parts) const;
  /// How many are finished, from whatever parts.
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

}  // namespace sctab::published
