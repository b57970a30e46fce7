#include "network_steps.hpp"

#include <ATen/ATen.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/model/model_kinds.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/train/loss.hpp"

namespace sctab::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLambdaSparse = 1e-5;

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Adds the time since the last call to one part.
class Laps {
 public:
  void add_to(double& part) {
    const auto now = Clock::now();
    part += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  Clock::time_point last_ = Clock::now();
};

/// The time since it was made, on the clock and of the processors.
class Total {
 public:
  void add_to(Steps& steps) const {
    steps.seconds += std::chrono::duration<double>(Clock::now() - start_).count();
    steps.processor_seconds += processor_seconds() - processor_;
  }

 private:
  Clock::time_point start_ = Clock::now();
  double processor_ = processor_seconds();
};

void train_step(Trainee& trainee, const LabelledCells& cells, Augmentation* augmentation,
                const at::Tensor& class_weights, Steps& steps) {
  Laps laps;
  const sparse::CsrView x = augmentation != nullptr ? (*augmentation)(cells.x.view()).view() : cells.x.view();
  laps.add_to(steps.augmentation);
  trainee.network.zero_gradients();
  const nn::NetworkOutput output = trainee.network.forward(x);
  const at::Tensor loss =
      train::training_loss(output, cells.types, {.class_weights = class_weights, .lambda_sparse = kLambdaSparse});
  laps.add_to(steps.forward);
  loss.backward();
  laps.add_to(steps.backward);
  trainee.optimise();
  laps.add_to(steps.optimiser);
}

/// n passes of predict(cells of a batch).
template <typename Predict>
Steps time_passes(std::span<const LabelledCells> batches, std::int64_t n, const Predict& predict) {
  Steps steps;
  const Total total;
  for (; steps.n < n; ++steps.n) {
    const LabelledCells& cells = batches[static_cast<std::size_t>(steps.n % std::ssize(batches))];
    Laps laps;
    predict(cells.x.view());
    laps.add_to(steps.forward);
    steps.n_cells += cells.x.n_cells;
  }
  total.add_to(steps);
  return steps;
}

}  // namespace

model::Architecture paper_architecture(const Settings& settings) {
  nn::set_torch_threads(settings.threads);
  model::Architecture architecture;
  architecture.n_genes = settings.n_genes;
  architecture.n_types = settings.n_types;
  return architecture;
}

std::unique_ptr<nn::Network> paper_network(const Settings& settings) {
  return nn::make_network(paper_architecture(settings), 1);
}

nlohmann::json step_times(const Steps& steps) {
  const auto ms = [&](double seconds) { return 1e3 * seconds / static_cast<double>(steps.n); };
  return {{"augmentation_ms", ms(steps.augmentation)},
          {"forward_ms", ms(steps.forward)},
          {"backward_ms", ms(steps.backward)},
          {"optimiser_ms", ms(steps.optimiser)},
          {"total_ms", ms(steps.seconds)}};
}

Steps train_steps(Trainee& trainee, std::span<const LabelledCells> batches, Augmentation* augmentation,
                  std::int64_t n) {
  const at::Tensor class_weights = at::ones({trainee.n_types});
  trainee.network.train();
  Steps steps;
  const Total total;
  for (; steps.n < n; ++steps.n, ++trainee.step) {
    const LabelledCells& cells = batches[static_cast<std::size_t>(trainee.step % std::ssize(batches))];
    train_step(trainee, cells, augmentation, class_weights, steps);
    steps.n_cells += cells.x.n_cells;
  }
  total.add_to(steps);
  return steps;
}

std::unique_ptr<model::Predictor> inference_of(const nn::Network& network, const model::Architecture& architecture,
                                               const Settings& settings) {
  const std::filesystem::path weights = settings.model().string() + ".inference.safetensors";
  nn::save_weights(weights, network.state());
  auto predictor = model::load_network(weights, architecture, {});
  std::filesystem::remove(weights);
  return predictor;
}

Steps infer_steps(const model::Predictor& network, std::span<const LabelledCells> batches, std::int64_t n) {
  return time_passes(batches, n, [&](sparse::CsrView x) {
    std::vector<float> probabilities, embedding;
    network.predict(x, probabilities, embedding);
    SCTAB_ASSERT(std::ssize(probabilities) % x.n_cells == 0);
  });
}

Steps infer_steps(nn::Network& network, std::span<const LabelledCells> batches, std::int64_t n) {
  const at::NoGradGuard no_gradient;
  network.eval();
  return time_passes(batches, n, [&](sparse::CsrView x) {
    const at::Tensor probabilities = network.forward(x).logits.softmax(1);
    SCTAB_ASSERT(probabilities.size(0) == x.n_cells);
  });
}

double mean_support(nn::Network& network, sparse::CsrView x) {
  const at::NoGradGuard no_gradient;
  nn::Explanation explanation;
  network.explain(x, explanation);
  SCTAB_ASSERT(!explanation.masks.empty());
  const auto used = explanation.masks.front().count_nonzero().item<std::int64_t>();
  return static_cast<double>(used) / static_cast<double>(x.n_cells);
}

double genes_per_cell(std::span<const LabelledCells> batches) {
  double genes = 0, cells = 0;
  for (const LabelledCells& batch : batches) {
    genes += static_cast<double>(batch.x.nnz());
    cells += static_cast<double>(batch.x.n_cells);
  }
  return genes / cells;
}

}  // namespace sctab::bench
