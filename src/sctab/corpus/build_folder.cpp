#include "sctab/corpus/build_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/store/growing_folder.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::corpus {
namespace fs = std::filesystem;
namespace {

constexpr const char* kStoreMarker = "store.json";

}  // namespace

BuildFolder::BuildFolder(const fs::path& store, bool resume) {
  core::require_replaceable_directory(store, kStoreMarker);
  store_ = core::StagedOutput(store).target();  // fails now rather than after hours of reading
  path_ = store_.string() + ".build";
  require_ours();
  if (resume && !has_checkpoint() && fs::exists(store_ / kStoreMarker)) {
    throw core::InputError(fmt::format(
        "{}: is finished, and nothing is left to resume; leave out --resume to build anew", store_.string()));
  }
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw core::InputError(fmt::format("{}: cannot be made: {}", path_.string(), error.message()));
  require_alone();
  if (has_checkpoint() && !resume) {
    ::close(descriptor_);
    throw core::InputError(
        fmt::format("{}: holds an unfinished build; continue it with --resume, or remove the folder to build anew",
                    path_.string()));
  }
  if (!has_checkpoint()) clear();
}

BuildFolder::~BuildFolder() {
  std::error_code ignored;
  if (!has_checkpoint()) fs::remove_all(path_, ignored);
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool BuildFolder::has_checkpoint() const {
  return fs::exists(path_ / store::kCheckpointFile);
}

// The folder is emptied and removed, so nothing of the user's may lie in it.
void BuildFolder::require_ours() const {
  if (!fs::exists(path_)) return;
  if (!fs::is_directory(path_)) {
    throw core::InputError(fmt::format(
        "{}: is a file, and the folder of the unfinished store would lie there; move it, or choose another -o",
        path_.string()));
  }
  store::require_only_ours(path_, "build", store::is_name_of_growing_store);
}

void BuildFolder::require_alone() {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) return;  // a file system without locks
  ::close(descriptor_);
  throw core::InputError(
      fmt::format("{}: another build is at work there; wait for its end, or choose another -o", path_.string()));
}

void BuildFolder::clear() {
  for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
}

void BuildFolder::commit() {
  core::move_into_place(path_, store_);
  std::error_code ignored;
  fs::remove(store_ / store::kCheckpointFile, ignored);  // last: until here a failed build can go on
}

}  // namespace sctab::corpus
