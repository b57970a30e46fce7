#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/output_folder.hpp"

namespace sctab::core {

/// Throws InputError naming the first entry of the folder that is neither a plain file whose name is_ours() knows nor
/// a folder whose name is_subfolder() knows, if given: such folders are emptied and removed, and nothing of the user's
/// may go with them. Hidden temporary files with such names are ours too. work: what grows there ("build").
void require_only_ours(const std::filesystem::path& folder, std::string_view work,
                       const std::function<bool(const std::string&)>& is_ours,
                       const std::function<bool(const std::string&)>& is_subfolder = {});

/// Keeps a folder for one process while this lives, also after the folder is renamed. File systems without locks are
/// left unlocked.
class FolderLock {
 public:
  /// Makes the folder if there is none. work: what grows there ("build"). Throws InputError if another process has the
  /// folder, and if it cannot be made, opened or locked.
  FolderLock(const std::filesystem::path& folder, std::string_view work);

 private:
  FileDescriptor folder_;
};

/// How to begin: go on with unfinished work, replace a finished target.
struct Start {
  bool resume = false, overwrite = false;
};

/// Work that may take hours and is resumed after an interruption.
struct ResumableWork {
  std::string noun{};    // for messages: "build"
  std::string suffix{};  // of its folder: ".build"
  FolderKind target{};   // what it becomes
  /// Whether the work leaves a file of this name in its folder.
  std::function<bool(const std::string&)> is_ours{};
  /// Whether the work makes a folder of this name in it; empty: none.
  std::function<bool(const std::string&)> is_subfolder{};
  std::function<bool(const std::string&)> is_ours_in_subfolder{};
  std::string required{};  // a file without which the folder is not ours, unless it is empty; empty: none

  /// What an interrupted process left. kWork is resumed or refused, never lost. kHints is resumed if the user asks for
  /// it, and dropped otherwise.
  enum class Progress : std::uint8_t { kNone, kHints, kWork };
  std::function<Progress(const std::filesystem::path& folder)> progress{};
};

/// The folder in which a target grows: next to it, TARGET + suffix, locked by this process, moved into the place of the
/// target at the end.
class ResumableFolder {
 public:
  /// What can be refused before any work is done. Throws InputError if the target cannot be written or must not be
  /// replaced (see require_replaceable()), if its folder has files that the work does not leave there, if there is work
  /// and `resume` is not set, and if there is nothing to resume but a finished target and `resume` is set.
  static void check(const std::filesystem::path& target, const ResumableWork& work, Start start);

  /// Finds the folder or makes it; it is empty afterwards, unless there is progress to resume. Throws InputError as
  /// check() does, and if another process works there.
  ResumableFolder(const std::filesystem::path& target, ResumableWork work, Start start);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  [[nodiscard]] ResumableWork::Progress progress() const { return work_.progress(path_); }
  /// Removes everything in it.
  void clear() const;
  /// Removes the folder.
  void remove() const noexcept;
  /// Puts the folder in the place of the target, in one step; files in an earlier target that are not sctab's stay.
  /// Throws InputError if that fails; then the earlier target and the folder stay as they are.
  void commit() const;

 private:
  ResumableWork work_;
  bool overwrite_;
  std::filesystem::path target_, path_;
  std::optional<FolderLock> lock_;
};

/// "options/seed, derived/cells": the paths of the values that differ between two keys of resumable work, five at most.
std::string differences(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace sctab::core
