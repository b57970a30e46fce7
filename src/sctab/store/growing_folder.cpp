#include "sctab/store/growing_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <regex>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::store {
namespace fs = std::filesystem;
namespace {

// Whether the folder opened is still the one of that name: another may have made a store of it meanwhile.
bool is_still_at(int descriptor, const fs::path& folder) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(folder.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

[[noreturn]] void refuse(const fs::path& folder, std::string_view what, int error) {
  throw core::InputError({.file = folder.string(),
                          .found = fmt::format("cannot be {}: {}", what, std::generic_category().message(error)),
                          .next_step = "fix this, or choose another -o"});
}

// Of a folder opened: whether it is this process's now, also where the file system knows no locks.
bool take(int descriptor, const fs::path& folder) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return is_still_at(descriptor, folder);
  const int error = errno;
  if (error == EWOULDBLOCK) return false;
  if (error == ENOLCK || error == EOPNOTSUPP || error == EINVAL) return is_still_at(descriptor, folder);
  refuse(folder, "locked", error);
}

}  // namespace

std::string name_when_whole(const std::string& name) {
  static const std::regex temporary(R"(\.(.+)\.\d+-\d+\.tmp(\.old)?)");
  std::smatch match;
  return std::regex_match(name, match, temporary) ? match[1].str() : name;
}

bool is_name_of_growing_store(const std::string& name) {
  static const std::regex shard_or_spool(R"((train|val|test)-\d{5,}\.(h5ad|spool))");
  return std::regex_match(name, shard_or_spool) || name == kManifestFile || name == kGenesFile ||
         name == kOntologyFile || name == kCheckpointFile;
}

void require_only_ours(const fs::path& folder, std::string_view of,
                       const std::function<bool(const std::string&)>& is_ours, std::string_view subfolder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (fs::is_directory(entry.symlink_status()) && name == subfolder) continue;
    if (fs::is_regular_file(entry.symlink_status()) && is_ours(name_when_whole(name))) continue;
    throw core::InputError(
        {.file = folder.string(),
         .found = fmt::format("holds {}, which does not belong to an unfinished {}, and this one would be put there",
                              name, of),
         .next_step = "move it, or choose another -o"});
  }
}

FolderLock::FolderLock(const fs::path& folder, std::string_view of) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw core::InputError(
        {.file = folder.string(), .found = "cannot be created: " + error.message(), .next_step = "choose another -o"});
  folder_ = core::FileDescriptor::open(folder, O_RDONLY | O_DIRECTORY);
  // ENOENT: another that is just ending has removed the folder between these lines.
  if (!folder_.is_open() && errno != ENOENT) refuse(folder, "opened", errno);
  if (folder_.is_open() && take(folder_.get(), folder)) return;
  throw core::InputError({.file = folder.string(),
                          .found = fmt::format("another {} is at work there", of),
                          .next_step = "wait for it to end, or choose another -o"});
}

}  // namespace sctab::store
