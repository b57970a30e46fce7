#pragma once

#include <filesystem>

#include "sctab/store/store.hpp"
#include "sctab/train/train_kinds.hpp"
#include "sctab/train/train_result.hpp"

namespace sctab::train {

/// train() for a baseline or an ensemble of one kind, each member trained by `fit`. A finished member lies in `out`.run
/// until all are; one that was interrupted is trained again.
TrainResult train_baseline(const store::Store& store, const TrainOptions& options, Fit& fit,
                           const std::filesystem::path& out);

}  // namespace sctab::train
