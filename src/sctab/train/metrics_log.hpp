#pragma once

#include <cstdint>
#include <filesystem>

namespace sctab::train {

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

/// Appends a line and flushes it, for whoever follows the run. Throws InputError naming the file.
void append_metrics(const std::filesystem::path& path, const EpochMetrics& metrics);

/// Keeps the first `epochs` lines: what a resumed run will write again, and a line cut short by a kill, go. Numbers
/// stay as they are, digit for digit. A missing file is an empty one. Throws InputError where lines are missing.
void truncate_metrics(const std::filesystem::path& path, std::int64_t epochs);

}  // namespace sctab::train
