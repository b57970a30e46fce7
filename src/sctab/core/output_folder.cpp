#include "sctab/core/output_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::core {
namespace fs = std::filesystem;
namespace {

/// The number of the file system that holds the path.
dev_t file_system_of(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_dev : 0;
}

[[noreturn]] void refuse_to_keep(const fs::path& path, const std::string& why) {
  throw InputError({.file = path.string(),
                    .found = fmt::format("was not written by sctab and {}", why),
                    .next_step = "move it out of the folder, or choose another -o"});
}

/// Throws where the file or folder could not be kept. file_system: of the folder that holds it.
void require_keepable(const fs::path& path, dev_t file_system) {
  const fs::file_status status = fs::symlink_status(path);
  if (fs::is_symlink(status)) return;
  const bool is_folder = fs::is_directory(status);
  if (::access(path.c_str(), is_folder ? R_OK | W_OK | X_OK : R_OK) != 0) {
    refuse_to_keep(path, "cannot be kept: " + std::generic_category().message(errno));
  }
  // What is mounted there would be moved, and then removed, with the folder around it.
  if (is_folder && file_system_of(path) != file_system) refuse_to_keep(path, "lies on another file system");
}

/// The files of a folder that are not sctab's, relative to it, in the order of their names. A folder that is not
/// sctab's is listed as a whole.
std::vector<fs::path> other_files(const fs::path& target, const FolderKind& kind) {
  std::vector<fs::path> others;
  const auto add = [&](const fs::path& folder, const std::function<bool(const std::string&)>& is_ours) {
    for (const auto& entry : fs::directory_iterator(target / folder)) {
      const std::string name = entry.path().filename();
      const bool is_folder = fs::is_directory(entry.symlink_status());
      if (is_folder && folder.empty() && !kind.subfolder.empty() && name == kind.subfolder) continue;
      if (!is_folder && is_ours(target_name(name))) continue;
      others.push_back(folder / name);
    }
  };
  add({}, kind.is_ours);
  if (!kind.subfolder.empty() && fs::is_directory(fs::symlink_status(target / kind.subfolder))) {
    add(kind.subfolder, kind.is_ours_in_subfolder);
  }
  std::ranges::sort(others);
  return others;
}

/// "notes.txt, run/plot.png and 3 more".
std::string listed(const std::vector<fs::path>& paths) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kShown, paths.size()); ++i) names.push_back(paths[i].string());
  const std::size_t n_more = paths.size() - names.size();
  return fmt::format("{}{}", fmt::join(names, ", "), n_more == 0 ? "" : fmt::format(" and {} more", n_more));
}

std::string describe(const fs::path& target, const FolderKind& kind) {
  try {
    return kind.describe(target);
  } catch (const InputError& error) {
    throw InputError({.file = target.string(),
                      .found = fmt::format("has a {} that cannot be read as that of a {}: {}", kind.marker, kind.noun,
                                           error.problem().found),
                      .next_step = "choose another -o"});
  }
}

/// A second name for a file, link, FIFO, …, or a new folder.
void keep(const fs::path& from, const fs::path& to) {
  check_interrupt();
  const fs::file_status status = fs::symlink_status(from);
  if (fs::is_directory(status)) return void(fs::create_directory(to, from));
  if (::link(from.c_str(), to.c_str()) == 0) return;
  const int error = errno;
  if (fs::is_symlink(status)) return fs::copy_symlink(from, to);
  if (!fs::is_regular_file(status)) refuse_to_keep(from, "cannot be kept: " + std::generic_category().message(error));
  fs::copy_file(from, to);
  fs::last_write_time(to, fs::last_write_time(from));
  sync_file(to);
}

void keep_with_all_in_it(const fs::path& from, const fs::path& to) {
  keep(from, to);
  if (!fs::is_directory(fs::symlink_status(from))) return;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    keep(entry.path(), to / entry.path().lexically_relative(from));
  }
  for (const auto& entry : fs::recursive_directory_iterator(to)) {
    if (fs::is_directory(entry.symlink_status())) sync_directory(entry.path());
  }
  sync_directory(to);
}

}  // namespace

void require_own_or_empty(const fs::path& target, std::string_view marker) {
  if (!fs::exists(target)) return;
  if (!fs::is_directory(target)) {
    throw InputError(
        {.file = target.string(), .found = "is a file, and the output is a folder", .next_step = "choose another -o"});
  }
  if (fs::is_empty(target) || fs::exists(target / marker)) return;
  throw InputError({.file = target.string(),
                    .found = fmt::format("holds files but no {}, so it is not replaced", marker),
                    .next_step = "choose another -o"});
}

void require_replaceable(const fs::path& target, const FolderKind& kind, bool overwrite) {
  require_own_or_empty(target, kind.marker);
  if (!fs::exists(target / kind.marker)) return;
  const std::string description = describe(target, kind);
  const std::vector<fs::path> others = other_files(target, kind);
  if (!overwrite) {
    const std::string also =
        others.empty() ? "" : fmt::format(", next to {}, which sctab did not write", listed(others));
    throw InputError({.file = target.string(),
                      .found = fmt::format("is {}{}", description, also),
                      .next_step = fmt::format("choose another -o, or replace it with --overwrite{}",
                                               others.empty() ? "" : ", which keeps the other files")});
  }
  const dev_t file_system = file_system_of(target / ".");
  for (const fs::path& other : others) {
    const bool has_our_name = other.has_parent_path() ? kind.is_ours_in_subfolder(other.filename())
                                                      : other == kind.subfolder || kind.is_ours(other);
    if (has_our_name)
      refuse_to_keep(target / other, fmt::format("has the name of one of the {}'s own files", kind.noun));
    require_keepable(target / other, file_system);
    if (!fs::is_directory(fs::symlink_status(target / other))) continue;
    for (const auto& entry : fs::recursive_directory_iterator(target / other)) {
      require_keepable(entry.path(), file_system);
    }
  }
}

void keep_other_files(const fs::path& target, const FolderKind& kind, const fs::path& folder,
                      std::vector<fs::path>& kept) try {
  for (const fs::path& other : other_files(target, kind)) {
    fs::create_directories((folder / other).parent_path());
    kept.push_back(other);
    keep_with_all_in_it(target / other, folder / other);
    sync_directory((folder / other).parent_path());
  }
} catch (const fs::filesystem_error& error) {
  refuse_to_keep(error.path1(), "cannot be kept: " + error.code().message());
}

StagedFolder::StagedFolder(const fs::path& target, FolderKind kind, bool overwrite)
    : staged_(target), kind_(std::move(kind)), overwrite_(overwrite) {
  require_replaceable(staged_.target(), kind_, overwrite_);
}

void StagedFolder::commit() {
  staged_.commit([this](const fs::path& folder) {
    require_replaceable(staged_.target(), kind_, overwrite_);
    std::vector<fs::path> kept;  // the temporary folder takes them with it
    keep_other_files(staged_.target(), kind_, folder, kept);
  });
}

}  // namespace sctab::core
