#pragma once

#include <filesystem>
#include <optional>

#include "sctab/store/growing_folder.hpp"

namespace sctab::corpus {

/// Where an unfinished build lies: `store`.build beside the store that it becomes. One build at a time. Without a
/// checkpoint of the writer in it, it holds nothing of value and goes at the end.
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
  /// The folder becomes the store, in one step, and then loses its checkpoint. Throws InputError on failure, and an
  /// earlier store stays, as does the folder with its checkpoint.
  void commit();

 private:
  void require_ours() const;

  std::filesystem::path store_, path_;
  std::optional<store::FolderLock> lock_;
};

}  // namespace sctab::corpus
