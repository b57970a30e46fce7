#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/staged_output.hpp"

namespace sctab::core {

/// A kind of folder that sctab writes as a whole: what a finished one is, and which files in it are sctab's.
struct FolderKind {
  std::string noun{};    // for messages: "model"
  std::string marker{};  // a file that every finished one has: "store.json"
  /// Whether sctab writes a file of this name there.
  std::function<bool(const std::string&)> is_ours{};
  std::string subfolder{};  // the only folder that sctab makes there; empty: none
  std::function<bool(const std::string&)> is_ours_in_subfolder{};
  /// What a finished one is: "a finished model of kind linear". Throws InputError if the marker is not sctab's or is
  /// damaged.
  std::function<std::string(const std::filesystem::path&)> describe{};
};

/// Throws InputError if `target` is a file, or a folder with files that lacks `marker`: a mistyped -o must not touch a
/// folder of the user's.
void require_own_or_empty(const std::filesystem::path& target, std::string_view marker);

/// Throws InputError as require_own_or_empty() does, and where a finished folder is there: without `overwrite`, saying
/// what would be lost; with it, if the marker is not sctab's or a file of the user's could not be kept.
void require_replaceable(const std::filesystem::path& target, const FolderKind& kind, bool overwrite);

/// Gives the files in `target` that are not sctab's a second name in `folder`, which is about to take the place of
/// `target`; they are copied where the file system has no hard links. kept: their paths within it, each added before it
/// is made, for whoever must remove them again. Throws InputError naming a file that it cannot keep.
void keep_other_files(const std::filesystem::path& target, const FolderKind& kind, const std::filesystem::path& folder,
                      std::vector<std::filesystem::path>& kept);

/// A StagedOutput that is a folder. It replaces a finished folder only with `overwrite`, and then keeps the files there
/// that are not sctab's.
class StagedFolder {
 public:
  /// Throws InputError as StagedOutput and require_replaceable() do.
  StagedFolder(const std::filesystem::path& target, FolderKind kind, bool overwrite);

  /// Where to create the folder.
  [[nodiscard]] const std::filesystem::path& path() const { return staged_.path(); }
  [[nodiscard]] const std::filesystem::path& target() const { return staged_.target(); }
  /// Throws InputError as StagedOutput::commit() does, and as the constructor does for what has appeared at the target
  /// since.
  void commit();

 private:
  StagedOutput staged_;
  FolderKind kind_;
  bool overwrite_;
};

}  // namespace sctab::core
