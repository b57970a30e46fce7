#include "sctab/core/staged_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <regex>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::core {
namespace fs = std::filesystem;
namespace {

std::string reason() {
  return std::strerror(errno);
}

void sync_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags);
  if (fd < 0) throw InputError(fmt::format("{}: cannot be opened to sync it: {}", path.string(), reason()));
  const int status = ::fsync(fd);
  const std::string why = reason();
  ::close(fd);
  if (status != 0) {
    throw InputError(
        fmt::format("{}: cannot be written to disk: {}; free some space and run again", path.string(), why));
  }
}

void sync_tree(const fs::path& root) {
  if (!fs::is_directory(root)) return sync_path(root, O_RDONLY);
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    sync_path(entry.path(), entry.is_directory() ? O_RDONLY | O_DIRECTORY : O_RDONLY);
  }
  sync_path(root, O_RDONLY | O_DIRECTORY);
}

fs::path folder_of(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

// "out/" and "out" name the same target; a link or "." stands for what it leads to, which is what a rename replaces.
fs::path resolved(fs::path target) {
  if (!target.has_filename() && target.has_parent_path()) target = target.parent_path();
  const bool indirect = fs::is_symlink(target) || target.filename() == "." || target.filename() == "..";
  return indirect ? fs::weakly_canonical(target) : target;
}

}  // namespace

StagedOutput::StagedOutput(fs::path target) : target_(resolved(std::move(target))) {
  if (target_.empty()) throw InputError("the output path is empty; give a file or folder name");
  const fs::path folder = folder_of(target_);
  if (!fs::is_directory(folder)) {
    throw InputError(fmt::format("{}: the folder {} does not exist; create it or choose another output",
                                 target_.string(), folder.string()));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw InputError(fmt::format("{}: the folder {} cannot be written to: {}; choose another output", target_.string(),
                                 folder.string(), reason()));
  }
  static std::atomic<unsigned> serial{0};
  temporary_ = folder / fmt::format(".{}.{}-{}.tmp", target_.filename().string(), ::getpid(), serial++);
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

StagedOutput::StagedOutput(StagedOutput&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})) {}

StagedOutput::~StagedOutput() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void StagedOutput::commit() {
  SCTAB_ASSERT(!temporary_.empty());
  sync_tree(temporary_);
  // rename() replaces a file in one step; a directory is first moved aside, so that it can be put back.
  const bool replaces_directory = fs::is_directory(target_) && !fs::is_symlink(target_);
  const fs::path aside = temporary_.string() + ".old";
  if (replaces_directory && ::rename(target_.c_str(), aside.c_str()) != 0) {
    throw InputError(fmt::format("{}: the earlier folder cannot be replaced: {}", target_.string(), reason()));
  }
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    const std::string why = reason();
    if (replaces_directory) (void)::rename(aside.c_str(), target_.c_str());
    throw InputError(fmt::format("{}: cannot be written: {}", target_.string(), why));
  }
  temporary_.clear();
  sync_path(folder_of(target_), O_RDONLY | O_DIRECTORY);
  std::error_code ignored;
  if (replaces_directory) fs::remove_all(aside, ignored);
}

std::string with_target_names(std::string_view message) {
  static const std::regex temporary(R"((^|[/\s'"])\.([^/]+?)\.\d+-\d+\.tmp)");
  return std::regex_replace(std::string(message), temporary, "$1$2");
}

void write_file_atomically(const fs::path& target, std::string_view content) {
  StagedOutput out(target);
  std::FILE* file = std::fopen(out.path().c_str(), "wb");
  if (file == nullptr) throw InputError(fmt::format("{}: cannot be written: {}", target.string(), reason()));
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const std::string why = reason();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) {
    throw InputError(fmt::format("{}: cannot be written: {}", target.string(), written ? reason() : why));
  }
  out.commit();
}

void require_replaceable_directory(const fs::path& target, std::string_view marker) {
  if (!fs::exists(target)) return;
  if (!fs::is_directory(target)) {
    throw InputError(
        fmt::format("{}: is a file, and a folder is to be written there; choose another -o", target.string()));
  }
  if (fs::is_empty(target) || fs::exists(target / marker)) return;
  throw InputError(fmt::format("{}: holds files but no {}, so it is not one of ours to replace; choose another -o",
                               target.string(), marker));
}

}  // namespace sctab::core
