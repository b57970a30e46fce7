#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "sctab/nn/network.hpp"
#include "sctab/train/optimizer.hpp"

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

/// Raised with every change that would make a run continue differently from how it began, such as another order of
/// cells from the loader.
inline constexpr int kCheckpointVersion = 2;

/// The state of a run between two steps, apart from what the network and the optimiser hold themselves.
struct Progression {
  std::int64_t epoch = 0;                               // under way, counted from 0
  std::int64_t batches = 0;                             // of it that are done
  double loss_sum = 0, grad_norm_sum = 0, seconds = 0;  // over those batches
  EarlyStopping::State early_stopping;
  std::vector<nn::NamedTensor> best_weights{};  // of epoch early_stopping.best_epoch; empty before the first
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
