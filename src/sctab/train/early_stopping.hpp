#pragma once

#include <cstdint>

namespace sctab::train {

/// Keeps the best epoch, and says when there has been none better for `patience` epochs.
class EarlyStopping {
 public:
  explicit EarlyStopping(std::int64_t patience) : patience_(patience) {}

  struct State {
    std::int64_t best_epoch = -1;  // counted from 0; -1: none yet
    double best_score = 0;
    std::int64_t epochs = 0;  // seen so far
  };

  /// The score of the next epoch, higher is better. True where it is the best so far. NaN (nothing to score) counts as
  /// the best while nothing else was: the last weights are then kept, and training never stops early.
  bool add(double score);
  [[nodiscard]] bool should_stop() const;

  [[nodiscard]] const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  std::int64_t patience_;
  State state_;
};

}  // namespace sctab::train
