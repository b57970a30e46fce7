#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "memory_cells.hpp"
#include "sctab/model/predictor.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::bench {

/// The paper's network. Sets the settings' threads.
model::Architecture paper_architecture(const Settings& settings);
/// The same, new, in training mode.
std::unique_ptr<nn::Network> paper_network(const Settings& settings);

/// Seconds and cells of some steps of training, or of passes of inference (forward alone).
struct Steps {
  std::int64_t n = 0, n_cells = 0;
  double augmentation = 0, forward = 0, backward = 0, optimiser = 0, seconds = 0;
  double processor_seconds = 0;  // of all threads

  [[nodiscard]] double cells_per_second() const { return static_cast<double>(n_cells) / seconds; }
  /// Processors that were at work on average: no more than the threads asked for, where --threads means what it says.
  [[nodiscard]] double processors() const { return processor_seconds / seconds; }
};

/// Milliseconds a step, part by part.
nlohmann::json step_times(const Steps& steps);

/// A network and what moves its weights.
struct Trainee {
  nn::Network& network;
  std::int64_t n_types;
  std::function<void()> optimise;  // one step, by the gradients
  std::int64_t step = 0;           // chooses the batch
};

/// n steps from log-normalised cells in memory to updated weights, as train::Run has them. augmentation: may be null.
Steps train_steps(Trainee& trainee, std::span<const LabelledCells> batches, Augmentation* augmentation, std::int64_t n);

/// The network as `sctab annotate` runs it, with the weights and running statistics as they are now.
std::unique_ptr<model::Predictor> inference_of(const nn::Network& network, const model::Architecture& architecture,
                                               const Settings& settings);

/// n passes from log-normalised cells in memory to probabilities.
Steps infer_steps(const model::Predictor& network, std::span<const LabelledCells> batches, std::int64_t n);
/// The same by the network that trains, in evaluation mode.
Steps infer_steps(nn::Network& network, std::span<const LabelledCells> batches, std::int64_t n);

/// Genes that attention looks at, a cell.
double mean_support(nn::Network& network, sparse::CsrView x);

/// Non-zeros a cell.
double genes_per_cell(std::span<const LabelledCells> batches);

}  // namespace sctab::bench
