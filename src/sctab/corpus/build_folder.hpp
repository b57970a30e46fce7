#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "sctab/core/resumable_folder.hpp"

namespace sctab::corpus {

/// The folder of an unfinished build: STORE.build next to the store that it becomes. One build at a time. Unless it has
/// a checkpoint of the writer, or notes that keep() was called for, it is removed at the end.
class BuildFolder {
 public:
  /// Finds the build to resume or makes the folder of a new one. Throws InputError as core::ResumableFolder does.
  BuildFolder(const std::filesystem::path& store, bool resume);
  ~BuildFolder();
  BuildFolder(const BuildFolder&) = delete;
  BuildFolder& operator=(const BuildFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] bool has_checkpoint() const;
  /// Removes everything in it.
  void clear() { folder_.clear(); }
  /// Notes for the build that resumes this one, on what took long to find out: which sources are bad. Null: none.
  void write_notes(const nlohmann::json& notes) const;
  [[nodiscard]] nlohmann::json notes() const;
  /// Keeps the notes, if there are any, at the end. Returns whether anything is kept.
  bool keep();
  /// The folder becomes the store, in one step, and then loses its checkpoint and notes. Throws InputError if that
  /// fails; then an earlier store stays, and so does the folder with its checkpoint.
  void commit();

 private:
  [[nodiscard]] bool has_notes() const;

  core::ResumableFolder folder_;
  bool keep_ = false;
};

}  // namespace sctab::corpus
