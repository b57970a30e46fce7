#pragma once

#include <filesystem>

namespace sctab::train {

/// Where an unfinished run lies: `model`.run beside the model directory that it will become. That of an ensemble holds
/// a folder for each member, which is a run of its own.
struct RunFolder {
  std::filesystem::path path;

  /// number: from 1.
  [[nodiscard]] RunFolder member(int number) const;

  [[nodiscard]] std::filesystem::path checkpoint() const { return path / "last.safetensors"; }
  [[nodiscard]] std::filesystem::path best_weights() const { return path / "best.safetensors"; }
  [[nodiscard]] std::filesystem::path metrics() const { return path / "metrics.jsonl"; }
  [[nodiscard]] bool has_checkpoint() const { return std::filesystem::exists(checkpoint()); }
};

/// Finds the run to resume or makes the folder of a new one, and where n_members > 1 those of its members. A folder
/// without a checkpoint holds nothing of value and is made anew. An ensemble may be resumed with more members than it
/// was begun with, or fewer. Throws InputError where a run lies there and `resume` is not set, where it is an
/// ensemble's and n_members is 1, or the other way round, where the model at `out` is already finished and `resume` is
/// set, where `out` is not ours to replace, and where the folder cannot be made.
RunFolder open_run_folder(const std::filesystem::path& out, bool resume, int n_members = 1);

}  // namespace sctab::train
