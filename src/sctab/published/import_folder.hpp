#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sctab/published/parquet_store.hpp"
#include "sctab/store/growing_folder.hpp"
#include "sctab/store/store.hpp"

namespace sctab::published {

/// What is kept of a shard that is finished.
struct FinishedShard {
  store::Shard shard;
  std::vector<std::int64_t> cells_per_type;  // by code
  std::vector<FileState> parts;              // the files that its cells were read from
};

/// What can be refused before any cell is read: throws InputError where `resume` is set and there is nothing to resume
/// but a finished store, where it is not set and finished shards lie there, or where files lie there that are not of an
/// import.
void require_to_import(const std::filesystem::path& store, bool resume);

/// The folder beside a store in which an import grows: STORE.import. Shards that are finished stay there when an import
/// is interrupted, each with a record of its own, for the same import to go on from.
class ImportFolder {
 public:
  /// identity: what the import is of, without the parts' files, which finished shards have. Makes the folder, or with
  /// `resume` finds it; one in which no shard is finished holds nothing of value and is made anew. Throws InputError as
  /// require_to_import() does, where finished shards are of another import, and where another import is at work there.
  ImportFolder(const std::filesystem::path& store, const nlohmann::json& identity, bool resume);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The shard of this name, where it is finished, of these parts and there with the size that its record says.
  [[nodiscard]] std::optional<FinishedShard> find(const std::string& file, const std::vector<FileState>& parts) const;
  /// Of those that are finished, whatever their parts are now.
  [[nodiscard]] std::int64_t n_finished() const;
  /// Forgets that this shard is finished: it is written anew.
  void forget(const std::string& file) const;
  /// Records a shard that stands under its name. Any number of threads at once.
  void record(const FinishedShard& finished) const;
  /// Puts the folder in the place of the store, whole or not at all, then removes the records. Where that fails the
  /// folder stays as it is.
  void become(const std::filesystem::path& store) const;

 private:
  std::filesystem::path path_;
  std::optional<store::FolderLock> lock_;
};

}  // namespace sctab::published
