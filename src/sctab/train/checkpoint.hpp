#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "sctab/nn/network.hpp"
#include "sctab/train/early_stopping.hpp"
#include "sctab/train/optimizer.hpp"

namespace sctab::train {

/// Raised with whatever would make a run go on other than it began: also with the order in which the loader gives
/// cells.
inline constexpr int kCheckpointVersion = 2;

/// Where a run stands between two steps, all that the network and the optimiser do not hold themselves.
struct Progression {
  std::int64_t epoch = 0;                               // under way, counted from 0
  std::int64_t batches = 0;                             // of it that are done
  double loss_sum = 0, grad_norm_sum = 0, seconds = 0;  // over those batches
  EarlyStopping::State early_stopping;
  std::vector<nn::NamedTensor> best_weights;  // of epoch early_stopping.best_epoch; empty before the first
};

/// Writes everything that a run needs to go on as if it had never stopped into one .safetensors file, whole or not at
/// all. identity: what the run must be the same in to go on (plan, store); it is kept as it is.
/// Tensors: "model/…", "exp_avg/…", "exp_avg_sq/…", "best/…" and "random_state"; the metadata "state" is JSON, and
/// "sha256" the hash of both.
void write_checkpoint(const std::filesystem::path& path, const nlohmann::json& identity, const Progression& progression,
                      const nn::Network& network, const Optimizer& optimizer);

/// Puts network and optimiser into the state written. Throws InputError where the file is damaged, of another version,
/// or of a run with another identity, and names what differs.
Progression read_checkpoint(const std::filesystem::path& path, const nlohmann::json& identity, nn::Network& network,
                            Optimizer& optimizer);

}  // namespace sctab::train
