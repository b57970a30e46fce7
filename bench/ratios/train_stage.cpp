#include <nlohmann/json.hpp>

#include "network_steps.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/train/optimizer.hpp"
#include "stages.hpp"

namespace sctab::bench {
namespace {

constexpr double kLearningRate = 0.005, kWeightDecay = 0.05, kClipNorm = 1;

/// Whether --threads is kept to: processors at work with one thread.
double processors_on_one_thread(const Settings& settings, Trainee& trainee, std::span<const LabelledCells> batches,
                                Augmentation& augmentation) {
  nn::set_torch_threads(1);
  const Steps steps = train_steps(trainee, batches, &augmentation, 2);
  nn::set_torch_threads(settings.threads);
  return steps.processors();
}

/// A network whose running statistics are those of its weights, as a trained one has them: after few steps the running
/// averages are still those of a new network, whose masks in evaluation mean nothing.
void estimate_statistics(nn::Network& network, std::span<const LabelledCells> batches) {
  nn::BatchNormEstimate estimate(network);
  for (const LabelledCells& batch : batches.first(std::min<std::size_t>(batches.size(), 4))) {
    estimate.add(batch.x.view());
  }
}

}  // namespace

nlohmann::json train_stage(const Settings& settings) {
  const auto batches = cells_of_store(settings, settings.n_batches);
  const auto network = paper_network(settings);
  train::Optimizer optimizer(*network, kWeightDecay, kClipNorm);
  Trainee trainee{*network, settings.n_types, [&] { optimizer.step(kLearningRate); }};
  Augmentation donors(settings, kDonorVectorDensity);
  Augmentation reference(settings, kReferenceVectorDensity);
  const sparse::CsrView some = batches.front().x.view();

  nlohmann::json result = {{"genes_per_cell", genes_per_cell(batches)}};
  result["support_new"] = mean_support(*network, some);
  const Steps first = train_steps(trainee, batches, &donors, settings.first_steps);
  result["support_after_first_steps"] = mean_support(*network, some);
  estimate_statistics(*network, batches);
  network->eval();
  result["support_first_steps_eval"] = mean_support(*network, some);
  const Steps first_infer =
      infer_steps(*inference_of(*network, paper_architecture(settings), settings), batches, settings.timed_steps);

  train_steps(trainee, batches, &donors, settings.trained_steps - settings.first_steps);
  result["support_trained"] = mean_support(*network, some);
  const Steps trained = train_steps(trainee, batches, &donors, settings.timed_steps);
  const Steps dense_vectors = train_steps(trainee, batches, &reference, settings.timed_steps);
  result["support_dense_vectors"] = mean_support(*network, reference(some).view());
  result["processors_on_1_thread"] = processors_on_one_thread(settings, trainee, batches, donors);
  estimate_statistics(*network, batches);
  network->eval();
  result["support_trained_eval"] = mean_support(*network, some);
  const auto inference = inference_of(*network, paper_architecture(settings), settings);
  infer_steps(*inference, batches, 1);
  const Steps trained_infer = infer_steps(*inference, batches, settings.timed_steps);

  result["train_cells_per_s"] = trained.cells_per_second();
  result["train_first_steps_cells_per_s"] = first.cells_per_second();
  result["train_dense_vectors_cells_per_s"] = dense_vectors.cells_per_second();
  result["infer_cells_per_s"] = trained_infer.cells_per_second();
  result["infer_first_steps_cells_per_s"] = first_infer.cells_per_second();
  result["train_processors"] = trained.processors();
  result["infer_processors"] = trained_infer.processors();
  result["train_step"] = step_times(trained);
  result["train_step_first_steps"] = step_times(first);
  result["train_step_dense_vectors"] = step_times(dense_vectors);
  result["infer_pass"] = step_times(trained_infer);
  return result;
}

}  // namespace sctab::bench
