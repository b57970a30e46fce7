#include "sctab/core/resumable_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::core {
namespace fs = std::filesystem;
namespace {

// Whether the opened folder still has that name: another process may have moved it to its target.
bool is_still_at(int descriptor, const fs::path& folder) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(folder.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

[[noreturn]] void refuse(const fs::path& folder, std::string_view what, int error) {
  throw InputError({.file = folder.string(),
                    .found = fmt::format("cannot be {}: {}", what, std::generic_category().message(error)),
                    .next_step = "repair this, or choose another -o"});
}

// Whether the opened folder belongs to this process now; on file systems without locks it does.
bool take(int descriptor, const fs::path& folder) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return is_still_at(descriptor, folder);
  const int error = errno;
  if (error == EWOULDBLOCK) return false;
  if (error == ENOLCK || error == EOPNOTSUPP || error == EINVAL) return is_still_at(descriptor, folder);
  refuse(folder, "locked", error);
}

// Throws where the target cannot be written, now rather than after hours of work.
fs::path writable_target(const fs::path& target, const ResumableWork& work) {
  require_own_or_empty(target, work.target.marker);
  return StagedOutput(target).target();
}

fs::path folder_of(const fs::path& target, const ResumableWork& work) {
  return target.string() + work.suffix;
}

void require_folder(const fs::path& folder, const ResumableWork& work) {
  const fs::file_type type = fs::status(folder).type();  // asked once: another process may remove it meanwhile
  if (type == fs::file_type::not_found || type == fs::file_type::directory) return;
  throw InputError({.file = folder.string(),
                    .found = fmt::format("is a file, where the folder for an unfinished {} should be", work.noun),
                    .next_step = "move it, or choose another -o"});
}

// The folder is emptied and removed, so nothing of the user's may be in it.
void require_ours(const fs::path& folder, const ResumableWork& work) {
  require_folder(folder, work);
  if (!fs::exists(folder)) return;
  if (!work.required.empty() && !fs::is_empty(folder) && !fs::exists(folder / work.required)) {
    throw InputError({.file = folder.string(),
                      .found = fmt::format("has files but no {}, where the folder for an unfinished {} should be",
                                           work.required, work.noun),
                      .next_step = "move it, or choose another -o"});
  }
  require_only_ours(folder, work.noun, work.is_ours, work.is_subfolder);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) require_only_ours(entry.path(), work.noun, work.is_ours_in_subfolder);
  }
}

void require_as_asked(const fs::path& target, const ResumableWork& work, Start start) {
  const fs::path folder = folder_of(target, work);
  require_ours(folder, work);
  const ResumableWork::Progress progress = work.progress(folder);
  const bool is_finished = fs::exists(target / work.target.marker),
             is_begun = progress == ResumableWork::Progress::kWork;
  if (start.resume && progress == ResumableWork::Progress::kNone && is_finished) {
    throw InputError({.file = target.string(),
                      .found = "is finished; nothing is left to resume",
                      .next_step = fmt::format("give --overwrite instead of --resume to {} again", work.noun)});
  }
  if (!start.overwrite && is_finished && is_begun) {
    require_replaceable(target, work.target, true);
    throw InputError(
        {.file = target.string(),
         .found = fmt::format("is {}, which an unfinished {} would replace", work.target.describe(target), work.noun),
         .next_step = fmt::format("continue it with --resume --overwrite, or remove the folder {}", folder.string())});
  }
  require_replaceable(target, work.target, start.overwrite);
  if (!start.resume && is_begun) {
    throw InputError({.file = folder.string(),
                      .found = fmt::format("has an unfinished {}", work.noun),
                      .next_step = "continue it with --resume, or remove the folder to start over"});
  }
}

}  // namespace

void require_only_ours(const fs::path& folder, std::string_view work,
                       const std::function<bool(const std::string&)>& is_ours,
                       const std::function<bool(const std::string&)>& is_subfolder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (fs::is_directory(entry.symlink_status()) && is_subfolder && is_subfolder(name)) continue;
    if (fs::is_regular_file(entry.symlink_status()) && is_ours(target_name(name))) continue;
    throw InputError({.file = folder.string(),
                      .found = fmt::format("has {}, which does not come from an unfinished {}", name, work),
                      .next_step = "move it, or choose another -o"});
  }
}

FolderLock::FolderLock(const fs::path& folder, std::string_view work) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw InputError({.file = folder.string(), .found = "cannot be made: " + error.message()});
  folder_ = FileDescriptor::open(folder, O_RDONLY | O_DIRECTORY);
  // ENOENT: another process that just ends has removed the folder between these lines.
  if (!folder_.is_open() && errno != ENOENT) refuse(folder, "opened", errno);
  if (folder_.is_open() && take(folder_.get(), folder)) return;
  throw InputError({.file = folder.string(),
                    .found = fmt::format("another {} is at work there", work),
                    .next_step = "wait until it ends, or choose another -o"});
}

void ResumableFolder::check(const fs::path& target, const ResumableWork& work, Start start) {
  require_as_asked(writable_target(target, work), work, start);
}

ResumableFolder::ResumableFolder(const fs::path& target, ResumableWork work, Start start)
    : work_(std::move(work)),
      overwrite_(start.overwrite),
      target_(writable_target(target, work_)),
      path_(folder_of(target_, work_)) {
  require_folder(path_, work_);
  lock_.emplace(path_, work_.noun);
  try {
    require_as_asked(target_, work_, start);  // with the lock, or another process may work or finish meanwhile
  } catch (...) {
    std::error_code not_empty;
    fs::remove(path_, not_empty);
    throw;
  }
  const ResumableWork::Progress found = progress();
  if (found == ResumableWork::Progress::kNone || (found == ResumableWork::Progress::kHints && !start.resume)) clear();
}

void ResumableFolder::clear() const {
  for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
}

void ResumableFolder::remove() const noexcept {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void ResumableFolder::commit() const {
  std::vector<fs::path> kept;
  try {
    move_into_place(path_, target_, [this, &kept](const fs::path& folder) {
      require_replaceable(target_, work_.target, overwrite_);
      keep_other_files(target_, work_.target, folder, kept);
    });
  } catch (...) {
    std::error_code ignored;
    for (const fs::path& other : kept) fs::remove_all(path_ / other, ignored);
    throw;
  }
}

std::string differences(const nlohmann::json& before, const nlohmann::json& now) {
  std::vector<std::string> paths;
  for (const nlohmann::json& change : nlohmann::json::diff(before, now)) {
    const std::string path = change.at("path").get<std::string>().substr(1);
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  constexpr std::size_t kShown = 5;
  const std::size_t n_more = paths.size() - std::min(paths.size(), kShown);
  paths.resize(paths.size() - n_more);
  return fmt::format("{}{}", fmt::join(paths, ", "), n_more == 0 ? "" : fmt::format(" and {} more", n_more));
}

}  // namespace sctab::core
