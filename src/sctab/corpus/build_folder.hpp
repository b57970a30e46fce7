#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "sctab/store/growing_folder.hpp"

namespace sctab::corpus {

/// Where an unfinished build lies: `store`.build beside the store that it becomes. One build at a time. Without a
/// checkpoint of the writer in it, or a list of bad sources that keep() was called for, it holds nothing of value and
/// goes at the end.
class BuildFolder {
 public:
  /// Finds the build to resume or makes the folder of a new one. Throws InputError where a build lies there and
  /// `resume` is not set, where there is none, the store is finished and `resume` is set, where another build is at
  /// work there, where `store` is not ours to replace, and where it holds what no build left.
  BuildFolder(const std::filesystem::path& store, bool resume);
  ~BuildFolder();
  BuildFolder(const BuildFolder&) = delete;
  BuildFolder& operator=(const BuildFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool has_checkpoint() const;
  /// Removes what lies in it.
  void clear();
  /// Notes for a build that resumes this one, which took long to find out: which sources are bad. Null: there are none.
  void write_notes(const nlohmann::json& notes) const;
  [[nodiscard]] nlohmann::json notes() const;
  /// Leaves notes, where there are any, at the end. Returns whether anything is left.
  bool keep();
  /// The folder becomes the store, in one step, and then loses its checkpoint and notes. Throws InputError on failure,
  /// and an earlier store stays, as does the folder with its checkpoint.
  void commit();

 private:
  void require_ours() const;
  [[nodiscard]] bool has_notes() const;

  std::filesystem::path store_, path_;
  std::optional<store::FolderLock> lock_;
  bool keep_ = false;
};

}  // namespace sctab::corpus
