#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sctab/corpus/build.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/evaluate/label_union.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/loss.hpp"
#include "sctab/train/optimizer.hpp"
#include "sctab/train/validation.hpp"
#include "support/dense_network.hpp"
#include "support/fixtures.hpp"

// Training on real cells by the kernels against the same on dense arrays.
namespace sctab::tests {
namespace {

constexpr int kSteps = 300;
constexpr std::uint64_t kSeeds[] = {1, 2, 3};

/// The nine labelled files of tools/cross_tissue_files.sh, as the demo builds them.
store::Store build_store(const std::filesystem::path& data, const std::filesystem::path& target) {
  std::vector<std::filesystem::path> sources;
  for (const char* name :
       {"kang_ifnb", "zheng_facs", "he_liver", "wu_breast_cid4465", "darmanis_brain", "moncada_pdac_a",
        "baron_pancreas_mini", "li_colon_normal_mucosa", "pelka_colon_epithelium"}) {
    sources.push_back(data / "cells" / (std::string(name) + ".h5ad"));
  }
  corpus::BuildOptions options;
  options.curation.min_cells = 15;
  options.curation.min_donors = 1;
  options.curation.tenx_only = false;
  options.curation.assume_primary = true;
  for (const auto& entry : std::filesystem::directory_iterator(data / "ontology")) {
    if (entry.path().extension() == ".obo") options.ontology = entry.path();
  }
  for (const auto& entry : std::filesystem::directory_iterator(data / "genes")) {
    if (entry.path().filename().string().ends_with("features.csv")) options.genes = entry.path();
  }
  corpus::build(sources, target, options);
  return store::Store::open(target);
}

double test_macro_f1(nn::Network& network, const store::Store& store) {
  const at::NoGradGuard no_gradient;
  network.eval();
  const ontology::SubtypeMatrix subtypes = evaluate::store_subtypes(store);
  evaluate::ConfusionMatrix confusion(subtypes.size());
  store::Loader loader(store, store::Split::kTest, {.shuffle = false});
  for (store::Batch batch; loader.next(batch);) {
    const at::Tensor best = network.forward(batch.x.view()).logits.argmax(1);
    for (std::size_t i = 0; i < batch.cell_types.size(); ++i) {
      confusion.add(batch.cell_types[i], best[static_cast<std::int64_t>(i)].item<core::TypeIndex>());
    }
  }
  return evaluate::score(evaluate::corrected(confusion, subtypes)).macro_f1;
}

/// A training run as `sctab train` makes it, step by step.
class Training {
 public:
  Training(const store::Store& store, std::uint64_t seed, bool dense = false)
      : store_(store),
        size_(train::corpus_size(store)),
        plan_(train::choose_plan({.seed = seed}, size_)),
        terms_(train::loss_terms(plan_, size_, {})),
        network_(dense ? std::make_unique<DenseNetwork>(plan_.architecture, seed)
                       : nn::make_network(plan_.architecture, seed)),
        optimizer_(*network_, plan_.weight_decay, plan_.clip_norm),
        loader_(store, store::Split::kTrain, {.batch_size = plan_.batch_size, .seed = seed}) {}

  [[nodiscard]] nn::Network& network() { return *network_; }
  [[nodiscard]] const model::Architecture& architecture() const { return plan_.architecture; }

  void load_batch() {
    if (loader_.next(batch_)) return;
    loader_.start(++epoch_);
    ASSERT_TRUE(loader_.next(batch_));
  }
  /// The loss of the batch, and its gradients.
  double forward_and_backward(nn::Network& network) const {
    network.train();
    network.zero_gradients();
    const at::Tensor loss =
        train::training_loss(network.forward(batch_.x.view()), train::targets_tensor(batch_.cell_types), terms_);
    loss.backward();
    return loss.item<double>();
  }
  void step() { optimizer_.step(plan_.learning_rate_of(epoch_)); }
  double finish() {
    train::reestimate_batch_norm(*network_, store_, plan_, train::corpus_size(store_), 0);
    return test_macro_f1(*network_, store_);
  }

 private:
  const store::Store& store_;
  train::CorpusSize size_;
  train::TrainPlan plan_;
  train::LossTerms terms_;
  std::unique_ptr<nn::Network> network_;
  train::Optimizer optimizer_;
  store::Loader loader_;
  store::Batch batch_;
  std::int64_t epoch_ = 0;
};

/// The norm of the difference of all gradients, in parts of the norm of `want`'s.
double gradient_deviation(const nn::Network& found, const nn::Network& want) {
  double difference = 0, total = 0;
  for (std::size_t i = 0; i < want.parameters().size(); ++i) {
    const at::Tensor gradient = want.parameters()[i].grad();
    difference += (found.parameters()[i].grad() - gradient).square().sum(at::kDouble).item<double>();
    total += gradient.square().sum(at::kDouble).item<double>();
  }
  return std::sqrt(difference / total);
}

// At each of the weights that a run by the kernels passes through, dense arrays give the same loss and gradients. The
// runs themselves may part, see below.
TEST(DenseOracle, AgreesAtEveryStepOnRealCells) {
  SCTAB_NEED_SHARED(data, "data");
  const TemporaryFolder folder;
  const store::Store store = build_store(data, folder / "store");
  nn::set_torch_threads(0);
  for (const std::uint64_t seed : kSeeds) {
    Training training(store, seed);
    DenseNetwork dense(training.architecture(), 1);
    double largest_loss = 0, largest_gradient = 0;
    for (int step = 0; step < kSteps; ++step) {
      dense.state().load(training.network().state().copy(), "memory");
      training.load_batch();
      const double found = training.forward_and_backward(training.network());
      if (step % 5 == 0) {
        const double loss = std::abs(found / training.forward_and_backward(dense) - 1);
        const double gradient = gradient_deviation(training.network(), dense);
        ASSERT_FALSE(std::isnan(loss) || std::isnan(gradient)) << "step " << step;
        largest_loss = std::max(largest_loss, loss);
        largest_gradient = std::max(largest_gradient, gradient);
      }
      training.step();
    }
    const double found = training.finish();
    dense.state().load(training.network().state().copy(), "memory");
    const double want = test_macro_f1(dense, store);
    fmt::print("seed {}: losses within {:.2g}, gradients within {:.2g}; macro F1 {:.4f}, densely {:.4f}\n", seed,
               largest_loss, largest_gradient, found, want);
    EXPECT_TRUE(largest_loss <= 1e-3) << largest_loss;
    EXPECT_TRUE(largest_gradient <= 1e-2) << largest_gradient;
    EXPECT_NEAR(found, want, 0.005);
  }
}

// Not a test but a measurement: how far runs part that differ in rounding alone. AdamW divides by the gradient's size,
// so where that is nothing but rounding, weights walk off in any direction. Dense arrays on one thread and on three
// part as far as dense arrays and the kernels.
TEST(DenseOracle, DISABLED_HowFarFreeRunsPart) {
  SCTAB_NEED_SHARED(data, "data");
  const TemporaryFolder folder;
  const store::Store store = build_store(data, folder / "store");
  const auto run = [&](std::uint64_t seed, bool dense, int threads) {
    nn::set_torch_threads(threads);
    Training training(store, seed, dense);
    std::vector<double> losses;
    for (int step = 0; step < kSteps; ++step) {
      training.load_batch();
      losses.push_back(training.forward_and_backward(training.network()));
      training.step();
    }
    return std::pair(losses, training.finish());
  };
  for (const std::uint64_t seed : kSeeds) {
    const auto [kernels, kernels_f1] = run(seed, false, 3);
    const auto [dense, dense_f1] = run(seed, true, 3);
    const auto [one_thread, one_thread_f1] = run(seed, true, 1);
    for (const std::size_t step : {0, 1, 3, 10, 30, 100, 200, 299}) {
      fmt::print("seed {}, step {:3}: loss {:.6f} by kernels, {:.6f} densely, {:.6f} densely on one thread\n", seed,
                 step, kernels[step], dense[step], one_thread[step]);
    }
    fmt::print("seed {}: macro F1 {:.4f} by kernels, {:.4f} densely, {:.4f} densely on one thread\n", seed, kernels_f1,
               dense_f1, one_thread_f1);
  }
}

}  // namespace
}  // namespace sctab::tests
