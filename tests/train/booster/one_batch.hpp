#pragma once

#include <utility>

#include "sctab/train/booster.hpp"

namespace sctab::train {

/// All samples at once.
class OneBatch : public BoosterBatches {
 public:
  explicit OneBatch(BoosterBatch batch) : batch_(std::move(batch)) {}
  explicit OneBatch(BoosterBatches& batches) {
    BoosterBatch some;
    for (batches.restart(); batches.next(some);) {
      batch_.rows.insert(batch_.rows.end(), some.rows.begin(), some.rows.end());
      batch_.labels.insert(batch_.labels.end(), some.labels.begin(), some.labels.end());
      batch_.weights.insert(batch_.weights.end(), some.weights.begin(), some.weights.end());
    }
  }
  void restart() override { given_ = false; }
  bool next(BoosterBatch& batch) override {
    if (std::exchange(given_, true)) return false;
    batch = batch_;
    return true;
  }

 private:
  BoosterBatch batch_;
  bool given_ = false;
};

}  // namespace sctab::train
