#pragma once

#include <filesystem>

namespace sctab::train {

/// Where an unfinished run lies: `model`.run beside the model directory that it will become.
struct RunFolder {
  std::filesystem::path path;

  [[nodiscard]] std::filesystem::path checkpoint() const { return path / "last.safetensors"; }
  [[nodiscard]] std::filesystem::path best_weights() const { return path / "best.safetensors"; }
  [[nodiscard]] std::filesystem::path metrics() const { return path / "metrics.jsonl"; }
  [[nodiscard]] bool has_checkpoint() const { return std::filesystem::exists(checkpoint()); }
};

/// Finds the run to resume or makes the folder of a new one. A folder without a checkpoint holds nothing of value and
/// is made anew. Throws InputError where a run lies there and `resume` is not set, where the model at `out` is already
/// finished and `resume` is set, where `out` is not ours to replace, and where the folder cannot be made.
RunFolder open_run_folder(const std::filesystem::path& out, bool resume);

}  // namespace sctab::train
