#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/core/resumable_folder.hpp"

namespace sctab::train {

/// Where an unfinished run lies: `model`.run beside the model directory that it will become. That of an ensemble holds
/// a folder for each member, which is a run of its own.
struct RunFolder {
  std::filesystem::path path;

  /// number: from 1.
  [[nodiscard]] RunFolder member(int number) const;
  /// The same, but for a model of one member, whose run is the whole folder's.
  [[nodiscard]] RunFolder member_of(int n_members, int number) const { return n_members == 1 ? *this : member(number); }

  [[nodiscard]] std::filesystem::path checkpoint() const { return path / "last.safetensors"; }
  [[nodiscard]] std::filesystem::path best_weights() const { return path / "best.safetensors"; }
  [[nodiscard]] std::filesystem::path metrics() const { return path / "metrics.jsonl"; }
  [[nodiscard]] bool has_checkpoint() const { return std::filesystem::exists(checkpoint()); }
  /// Its own or that of any member: something of value lies here.
  [[nodiscard]] bool has_any_checkpoint() const;
};

/// A run's folder, which is this process's alone while `lock` lives: also one that is killed gives it back.
struct LockedRunFolder : RunFolder {
  std::unique_ptr<core::FolderLock> lock;
};

/// Finds the run to resume or makes the folder of a new one, and where n_members > 1 those of its members. A folder
/// without a checkpoint holds nothing of value and is made anew, with a warning where `resume` is set. An ensemble may
/// be resumed with more members than it was begun with. Throws InputError where another process trains there, where a
/// run lies there and `resume` is not set, where it is an ensemble's and n_members is 1, or the other way round, or
/// below the number of members begun, where the model at `out` is already finished and `resume` is set, where `out` is
/// not ours to replace or the run's folder holds what no training wrote, and where the folder cannot be made.
LockedRunFolder open_run_folder(const std::filesystem::path& out, bool resume, int n_members = 1);

/// "remove the folder … to train again": the checkpoint's own, which for an ensemble is one member's.
std::string remove_to_train_again(const std::filesystem::path& checkpoint);
/// Throws InputError for a checkpoint that cannot be continued from. what: "is not a checkpoint of a training run".
[[noreturn]] void refuse_damaged(const std::filesystem::path& checkpoint, std::string_view what);

/// The checkpoint there belongs to another run than the one asked for.
class OtherRun : public core::InputError {
 public:
  using core::InputError::InputError;
};

/// there: what the run of a checkpoint computes; here: what is asked for. Throws OtherRun naming the checkpoint and
/// the first value that differs.
void require_same_run(const std::filesystem::path& checkpoint, const nlohmann::json& there, const nlohmann::json& here);

}  // namespace sctab::train
