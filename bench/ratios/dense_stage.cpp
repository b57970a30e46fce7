#include <torch/types.h>

#include <torch/nn/utils/clip_grad.h>  // needs torch/types.h before it
#include <torch/optim/adamw.h>

#include <nlohmann/json.hpp>

#include "network_steps.hpp"
#include "stages.hpp"
#include "support/dense_network.hpp"

namespace sctab::bench {

nlohmann::json dense_stage(const Settings& settings) {
  const std::vector<LabelledCells> batches = cells_of_store(settings, 2);
  const auto network = std::make_unique<tests::DenseNetwork>(paper_architecture(settings), 1);
  torch::optim::AdamW adamw(network->parameters(), torch::optim::AdamWOptions(0.005).weight_decay(0.05));
  Trainee trainee{*network, settings.n_types, [&] {
                    torch::nn::utils::clip_grad_norm_(network->parameters(), 1.0);
                    adamw.step();
                  }};
  Augmentation donors(settings, kDonorVectorDensity);
  train_steps(trainee, batches, &donors, 1);
  const Steps trained = train_steps(trainee, batches, &donors, settings.dense_steps);
  infer_steps(*network, batches, 1);
  const Steps infer = infer_steps(*network, batches, settings.dense_steps);
  return {{"train_dense_cells_per_s", trained.cells_per_second()},
          {"infer_dense_cells_per_s", infer.cells_per_second()},
          {"train_step_dense", step_times(trained)}};
}

}  // namespace sctab::bench
