#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "sctab/core/file_descriptor.hpp"

namespace sctab::store {

/// Whether a store that grows in a folder leaves a file of this name there: shards, spools, tables, the checkpoint.
bool is_name_of_growing_store(const std::string& name);

/// The name that a file gets when it is whole: of a hidden temporary file ".NAME.PID-SERIAL.tmp" that is NAME, of
/// others their own.
std::string name_when_whole(const std::string& name);

/// Throws InputError, naming it, where the folder holds what is not a plain file whose name is_ours() knows: such
/// folders are emptied and removed, and no file of the user may go with them. Hidden temporary files of such names
/// are ours too. of: what grows there ("build"). subfolder: the name of one that may lie there.
void require_only_ours(const std::filesystem::path& folder, std::string_view of,
                       const std::function<bool(const std::string&)>& is_ours, std::string_view subfolder = {});

/// The folder is one process's while this lives, also once it has another name; file systems without locks are left to
/// their ways.
class FolderLock {
 public:
  /// Makes the folder where there is none. of: what grows there ("build"). Throws InputError where another has it,
  /// and where it cannot be made, opened or locked.
  FolderLock(const std::filesystem::path& folder, std::string_view of);

 private:
  core::FileDescriptor folder_;
};

}  // namespace sctab::store
