#include "sctab/train/run_folder.hpp"

#include <fmt/format.h>

#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::train {
namespace fs = std::filesystem;
namespace {

constexpr const char* kModelMarker = "config.json";

fs::path run_path(const fs::path& out) {
  const fs::path named = out.has_filename() ? out : out.parent_path();
  return named.string() + ".run";
}

// The folder is removed once its model is whole, so nothing of the user's may lie in it.
void require_ours(const RunFolder& folder) {
  if (!fs::is_directory(folder.path)) return;
  for (const auto& entry : fs::directory_iterator(folder.path)) {
    const std::string extension = entry.path().extension();
    if (entry.path().filename() == folder.metrics().filename() || extension == ".safetensors" || extension == ".tmp")
      continue;
    throw core::InputError(
        fmt::format("{}: holds {}, which is not of a training run, and an unfinished run would lie there; move it, or "
                    "choose another -o",
                    folder.path.string(), entry.path().filename().string()));
  }
}

}  // namespace

RunFolder open_run_folder(const fs::path& out, bool resume) {
  core::require_replaceable_directory(out, kModelMarker);
  const core::StagedOutput writable(out);  // fails now rather than after hours of training
  const RunFolder folder{run_path(out)};
  require_ours(folder);
  if (folder.has_checkpoint()) {
    if (resume) return folder;
    throw core::InputError(
        fmt::format("{}: holds an unfinished run; continue it with --resume, or remove the folder "
                    "to train anew",
                    folder.path.string()));
  }
  if (resume && fs::exists(out / kModelMarker)) {
    throw core::InputError(
        fmt::format("{}: its training has ended and nothing is left to resume; leave out --resume "
                    "to train anew",
                    out.string()));
  }
  std::error_code error;
  fs::create_directories(folder.path, error);
  if (!error) fs::remove(folder.metrics(), error);
  if (error) throw core::InputError(fmt::format("{}: cannot be made: {}", folder.path.string(), error.message()));
  return folder;
}

}  // namespace sctab::train
