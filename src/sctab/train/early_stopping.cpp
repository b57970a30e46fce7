#include "sctab/train/early_stopping.hpp"

#include <cmath>

namespace sctab::train {

bool EarlyStopping::add(double score) {
  const bool nothing_to_beat = state_.best_epoch < 0 || std::isnan(state_.best_score);
  const bool better = nothing_to_beat || score > state_.best_score;
  if (better) {
    state_.best_epoch = state_.epochs;
    state_.best_score = score;
  }
  ++state_.epochs;
  return better;
}

bool EarlyStopping::should_stop() const {
  return !std::isnan(state_.best_score) && state_.epochs - 1 - state_.best_epoch >= patience_;
}

}  // namespace sctab::train
