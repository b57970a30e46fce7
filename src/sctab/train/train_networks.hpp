#pragma once

#include <filesystem>

#include "sctab/store/store.hpp"
#include "sctab/train/options.hpp"
#include "sctab/train/train_result.hpp"

namespace sctab::train {

/// train() for a network or an ensemble of networks.
TrainResult train_networks(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out);

}  // namespace sctab::train
