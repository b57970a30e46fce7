#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/core/resumable_folder.hpp"

namespace sctab::train {

/// Where an unfinished run lies: `model`.run next to the model directory that it will become. That of an ensemble holds
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

/// The folder of a run to resume or of a new one, with those of its members if n_members > 1. It is this process's
/// alone while this lives. A folder without a checkpoint holds nothing of value and is emptied, with a warning if
/// `resume` is set. It is removed at the end if no checkpoint is there. An ensemble may be resumed with more members
/// than it was begun with. Throws InputError as core::ResumableFolder does, and if the run there is an ensemble's and
/// n_members is 1, or the other way round, or below the number of members begun.
class LockedRunFolder : public RunFolder {
 public:
  LockedRunFolder(const std::filesystem::path& out, core::Start start, int n_members = 1);
  ~LockedRunFolder();
  LockedRunFolder(const LockedRunFolder&) = delete;
  LockedRunFolder& operator=(const LockedRunFolder&) = delete;

  /// Removes it: the run has become a model.
  void remove() noexcept;

 private:
  core::ResumableFolder work_;
  bool is_there_ = true;
};

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

/// One line of metrics.jsonl. Scores that do not exist (no validation cells) are NaN here and null there.
struct EpochMetrics {
  std::int64_t epoch = 0;  // counted from 1
  double train_loss = 0;   // mean over the epoch's steps
  double val_loss = 0;     // against ontology-corrected targets
  double val_macro_f1 = 0;
  double lr = 0;
  double seconds = 0;  // of training, validation left out
  double cells_per_s = 0;
  double grad_norm = 0;  // mean over the epoch's steps, before clipping
};

/// Appends a line and flushes it, so that others can follow the run. Throws InputError naming the file.
void append_metrics(const std::filesystem::path& path, const EpochMetrics& metrics);

/// Keeps the first `epochs` lines: what a resumed run will write again, and a line cut short by a kill, go. Numbers
/// stay as they are, digit for digit. A missing file is an empty one. Throws InputError where lines are missing.
void truncate_metrics(const std::filesystem::path& path, std::int64_t epochs);

}  // namespace sctab::train
