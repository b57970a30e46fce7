#include "sctab/train/train.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/model/classifier.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"
#include "train/interrupted_training.hpp"

namespace sctab::train {
namespace {

namespace fs = std::filesystem;
using model::ModelKind;
using nlohmann::json;

std::vector<json> metrics_of(const fs::path& run) {
  std::vector<json> lines;
  std::ifstream file(run / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

/// What must not depend on when and how often a run was ended: all but the times.
std::vector<json> losses_of(const fs::path& run) {
  std::vector<json> lines = metrics_of(run);
  for (json& line : lines) {
    line.erase("seconds");
    line.erase("cells_per_s");
  }
  return lines;
}

/// Small enough for a test, and with every part that a checkpoint must hold: batch norm, masks, dropout.
TrainOptions network_options(ModelKind kind) {
  TrainOptions options;
  options.kind = kind;
  options.batch_size = 32;
  options.max_epochs = 3;
  options.threads = 1;
  options.overwrite = true;
  if (kind == ModelKind::kTabnet) {
    options.n_d = options.n_a = 8;
    options.virtual_batch_size = 16;
    options.learning_rate = 0.02;
  } else if (kind == ModelKind::kMlp) {
    options.hidden_size = 16;
    options.dropout = 0.3;
  }
  return options;
}

class Trainer : public testing::Test {
 protected:
  void SetUp() override { core::Progress::set_quiet(true); }
  void TearDown() override { core::set_interrupted(false); }

  TrainResult resume(TrainOptions options, const fs::path& out) {
    options.resume = true;
    return train(store_, options, out);
  }

  tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_tiny_store(folder_ / "store");
};

TEST_F(Trainer, LeavesAModelThatKnowsTheTypes) {
  for (const ModelKind kind : {ModelKind::kTabnet, ModelKind::kMlp, ModelKind::kLinear}) {
    TrainOptions options = network_options(kind);
    options.max_epochs = 15;
    const fs::path out = folder_ / std::string(model::name(kind));
    const TrainResult result = train(store_, options, out);
    EXPECT_GE(result.best_val_macro_f1, 0.9) << model::name(kind);
    EXPECT_GT(result.cells_per_second, 0);
    EXPECT_FALSE(fs::exists(out.string() + ".run"));

    const auto model = model::Classifier::load(out, {.threads = 1});
    const model::ModelDescription& description = model.description();
    EXPECT_EQ(description.name, model::name(kind));
    EXPECT_EQ(description.genes.ids, store_.genes().ids);
    ASSERT_EQ(description.cell_types.size(), 4U);
    EXPECT_EQ(description.cell_types[2].id, "CL:0000236");
    EXPECT_EQ(description.training["store_hash"], store_.hash());
    EXPECT_EQ(description.training["n_types_trained"], 3);
    EXPECT_FALSE(description.training["reasons"].empty());
    // The model as written scores what the run saw: best weights and their batch norm are what was saved.
    EXPECT_NEAR(description.metrics["macro_f1"].get<double>(), result.best_val_macro_f1, 1e-12) << model::name(kind);
  }
}

TEST_F(Trainer, WritesOneLineOfMetricsAnEpoch) {
  TrainOptions options = network_options(ModelKind::kTabnet);
  options.lr_gamma = 0.9;
  const TrainResult result = train(store_, options, folder_ / "model");
  const std::vector<json> lines = metrics_of(folder_ / "model" / "run");
  ASSERT_EQ(lines.size(), 3U);
  double best = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["epoch"], i + 1);
    EXPECT_DOUBLE_EQ(lines[i]["lr"].get<double>(), 0.02 * std::pow(0.9, static_cast<double>(i)));
    for (const char* key : {"train_loss", "val_loss", "grad_norm", "seconds", "cells_per_s"}) {
      EXPECT_GT(lines[i][key].get<double>(), 0) << key;
    }
    best = std::max(best, lines[i]["val_macro_f1"].get<double>());
  }
  EXPECT_LT(lines[2]["train_loss"].get<double>(), lines[0]["train_loss"].get<double>());
  EXPECT_EQ(result.best_val_macro_f1, best);
}

TEST_F(Trainer, AResumedRunHasTheLossesOfOneNeverEnded) {
  for (const ModelKind kind : {ModelKind::kTabnet, ModelKind::kMlp}) {
    const TrainOptions options = network_options(kind);
    train(store_, options, folder_ / "whole");
    const std::vector<json> wanted = losses_of(folder_ / "whole" / "run");
    // In the first epoch, in the middle of the second, after its last batch, and twice.
    for (const std::vector<int>& ends : {std::vector{3}, {14}, {20}, {4, 9}}) {
      const fs::path out = folder_ / "ended";
      TrainOptions part = options;
      for (const int steps : ends) {
        tests::expect_interrupted(store_, tests::ended_after(part, steps), out);
        EXPECT_FALSE(fs::exists(out));
        part.resume = true;
      }
      resume(options, out);
      EXPECT_EQ(losses_of(out / "run"), wanted) << model::name(kind) << " ended first after " << ends.front();
      EXPECT_EQ(tests::read_bytes(out / "model.safetensors"),
                tests::read_bytes(folder_ / "whole" / "model.safetensors"));
      fs::remove_all(out);
    }
    fs::remove_all(folder_ / "whole");
  }
}

TEST_F(Trainer, SamplingAndSmoothingResumeTooOnAnyNumberOfThreads) {
  // Types of 6, 6 and 5 cells: the third is shown more often, and epochs differ in length.
  const store::Store store = tests::make_tiny_store(folder_ / "uneven", {.n_cells = {17, 60, 60}});
  TrainOptions options = network_options(ModelKind::kTabnet);
  options.batch_size = 4;
  options.sampling = Sampling::kBalanced;
  options.sampling_power = 1.0;
  options.label_smoothing = 0.2;
  train(store, options, folder_ / "whole");
  const std::vector<json> wanted = losses_of(folder_ / "whole" / "run");
  tests::expect_interrupted(store, tests::ended_after(options, 6), folder_ / "ended");
  options.threads = 3;
  options.resume = true;
  train(store, options, folder_ / "ended");
  EXPECT_EQ(losses_of(folder_ / "ended" / "run"), wanted);
  EXPECT_EQ(tests::read_bytes(folder_ / "ended" / "model.safetensors"),
            tests::read_bytes(folder_ / "whole" / "model.safetensors"));
  EXPECT_EQ(model::read_description(folder_ / "ended").training.at("plan").at("label_smoothing"), 0.2);
}

TEST_F(Trainer, TheLossTheSamplingAndTheSmoothingReachTheWeights) {
  const store::Store uneven = tests::make_tiny_store(folder_ / "uneven", {.deal = {4, 2, 1}});
  const auto weights_of = [&](const std::function<void(TrainOptions&)>& change) {
    TrainOptions options = network_options(ModelKind::kLinear);
    options.max_epochs = 1;
    options.class_weights = false;  // so that sampling is all that differs where it does
    change(options);
    train(uneven, options, folder_ / "model");
    return tests::read_bytes(folder_ / "model" / "model.safetensors");
  };
  const std::string plain = weights_of([](TrainOptions&) {});
  EXPECT_EQ(weights_of([](TrainOptions&) {}), plain);
  EXPECT_NE(weights_of([](TrainOptions& options) { options.loss = LossKind::kHierarchical; }), plain);
  EXPECT_NE(weights_of([](TrainOptions& options) { options.sampling = Sampling::kBalanced; }), plain);
  EXPECT_NE(weights_of([](TrainOptions& options) { options.label_smoothing = 0.2; }), plain);
  EXPECT_NE(weights_of([](TrainOptions& options) { options.class_weights = true; }), plain);
}

TEST_F(Trainer, ARunIsNotResumedWithOtherSamplingOrSmoothing) {
  TrainOptions options = network_options(ModelKind::kLinear);
  tests::expect_interrupted(store_, tests::ended_after(options, 5), folder_ / "model");
  options.label_smoothing = 0.1;
  SCTAB_EXPECT_THROW_WITH(resume(options, folder_ / "model"), core::InputError, "label_smoothing");
  options.label_smoothing = {};
  options.sampling = Sampling::kBalanced;
  SCTAB_EXPECT_THROW_WITH(resume(options, folder_ / "model"), core::InputError, "another run");
}

/// A kill leaves no time for a checkpoint: the run goes on from an older one, and repeats what was lost with it.
TEST_F(Trainer, AKilledRunGoesOnFromItsLastCheckpoint) {
  const TrainOptions options = network_options(ModelKind::kTabnet);
  const fs::path out = folder_ / "killed", run = folder_ / "killed.run", kept = folder_ / "kept";
  train(store_, options, folder_ / "whole");
  for (const double checkpoint_seconds : {1e9, 0.0}) {  // at the end of epochs only, and after each step
    TrainOptions killed = options;
    killed.checkpoint_seconds = checkpoint_seconds;
    killed.after_step = [&](std::int64_t epoch, std::int64_t batches) {
      if (epoch == 1 && batches == 4) fs::copy(run, kept);  // as a kill at this moment would leave it
      if (epoch == 2 && batches == 1) core::set_interrupted(true);
    };
    tests::expect_interrupted(store_, killed, out);
    fs::copy_file(kept / "last.safetensors", run / "last.safetensors", fs::copy_options::overwrite_existing);
    resume(options, out);  // metrics.jsonl holds an epoch more than the checkpoint knows of
    EXPECT_EQ(losses_of(out / "run"), losses_of(folder_ / "whole" / "run")) << checkpoint_seconds;
    fs::remove_all(kept);
    fs::remove_all(out);
  }
}

TEST_F(Trainer, AnUnfinishedRunIsNeitherOverwrittenNorMixedWithAnother) {
  const TrainOptions options = network_options(ModelKind::kLinear);
  const fs::path out = folder_ / "model";
  tests::expect_interrupted(store_, tests::ended_after(options, 5), out);
  SCTAB_EXPECT_THROW_WITH(train(store_, options, out), core::InputError, "model.run", "--resume", "remove");
  TrainOptions other = options;
  other.batch_size = 64;
  SCTAB_EXPECT_THROW_WITH(resume(other, out), core::InputError, "batch_size was 32 and is now 64");
  const store::Store store = tests::make_tiny_store(folder_ / "other", {.seed = 2});
  other = options;
  other.resume = true;
  SCTAB_EXPECT_THROW_WITH(train(store, other, out), core::InputError, "store was");
  EXPECT_NO_THROW(resume(options, out));
  SCTAB_EXPECT_THROW_WITH(resume(options, out), core::InputError, "is finished");
}

TEST_F(Trainer, AFinishedModelIsReplacedIfThatIsAskedFor) {
  TrainOptions options = network_options(ModelKind::kLinear);
  options.max_epochs = 1;
  const fs::path out = folder_ / "model";
  train(store_, options, out);
  const std::string before = tests::read_bytes(out / "model.safetensors");
  tests::write_bytes(out / "notes.txt", "mine");
  tests::write_bytes(out / "run" / "plot.png", "mine");
  options.seed = 2;
  options.overwrite = false;
  SCTAB_EXPECT_THROW_WITH(train(store_, options, out), core::InputError,
                          "is a finished model of kind linear, trained on 300 cells of store, next to notes.txt, "
                          "run/plot.png, which sctab did not write",
                          "--overwrite");
  EXPECT_EQ(tests::read_bytes(out / "model.safetensors"), before);
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
  options.overwrite = true;
  train(store_, options, out);
  EXPECT_NE(tests::read_bytes(out / "model.safetensors"), before);
  for (const char* name : {"notes.txt", "run/plot.png"}) EXPECT_EQ(tests::read_bytes(out / name), "mine");
  EXPECT_NO_THROW((void)model::Classifier::load(out, {.threads = 1}));
}

TEST_F(Trainer, NothingIsLeftOfARunThatFailsBeforeItsFirstCheckpoint) {
  TrainOptions options = network_options(ModelKind::kLinear);
  options.after_step = [](std::int64_t, std::int64_t batches) {
    if (batches == 2) throw core::InputError({.found = "the disk is gone"});
  };
  SCTAB_EXPECT_THROW_WITH(train(store_, options, folder_ / "model"), core::InputError, "the disk is gone");
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
  EXPECT_FALSE(fs::exists(folder_ / "model"));
}

TEST_F(Trainer, ResumeWithoutARunStartsAnew) {
  EXPECT_EQ(resume(network_options(ModelKind::kLinear), folder_ / "model").epochs, 3);
}

TEST_F(Trainer, AnEarlierModelStaysUntilTheNewOneIsWhole) {
  const TrainOptions options = network_options(ModelKind::kLinear);
  const fs::path out = folder_ / "model";
  train(store_, options, out);
  const std::string before = tests::read_bytes(out / "model.safetensors");
  TrainOptions other = options;
  other.seed = 2;
  tests::expect_interrupted(store_, tests::ended_after(other, 5), out);
  EXPECT_EQ(tests::read_bytes(out / "model.safetensors"), before);
  resume(other, out);
  EXPECT_NE(tests::read_bytes(out / "model.safetensors"), before);
}

TEST_F(Trainer, StopsWhenValidationGetsNoBetter) {
  TrainOptions options = network_options(ModelKind::kLinear);
  options.max_epochs = 100;
  options.patience = 2;
  options.learning_rate = 0.05;
  const TrainResult result = train(store_, options, folder_ / "model");
  EXPECT_LT(result.epochs, 100);
  EXPECT_EQ(result.epochs, result.best_epoch + 2);
}

TEST_F(Trainer, WithoutValidationCellsTrainsToTheEnd) {
  const store::Store store = tests::make_tiny_store(folder_ / "train-only", {.n_cells = {200, 0, 0}});
  TrainOptions options = network_options(ModelKind::kTabnet);
  options.patience = 1;
  const TrainResult result = train(store, options, folder_ / "model");
  EXPECT_EQ(result.epochs, 3);
  EXPECT_EQ(result.best_epoch, 3);
  EXPECT_TRUE(std::isnan(result.best_val_macro_f1));
  EXPECT_TRUE(metrics_of(folder_ / "model" / "run")[2]["val_loss"].is_null());
  EXPECT_TRUE(model::read_description(folder_ / "model").metrics.is_null());
}

TEST_F(Trainer, ABatchLargerThanTheDataTakesAllOfIt) {
  TrainOptions options = network_options(ModelKind::kTabnet);
  options.batch_size = 2048;
  EXPECT_EQ(train(store_, options, folder_ / "model").epochs, 3);
}

TEST_F(Trainer, ALossThatRunsAwayIsAnErrorThatNamesTheLearningRate) {
  TrainOptions options = network_options(ModelKind::kLinear);
  options.learning_rate = 1000;
  options.max_epochs = 20;  // weight decay times this rate multiplies the weights by -49 each step
  options.weight_decay = 0.05;
  SCTAB_EXPECT_THROW_WITH(train(store_, options, folder_ / "model"), core::InputError, "model.run",
                          "remove this folder and train again with a learning rate below 1000");
  EXPECT_FALSE(fs::exists(folder_ / "model"));
}

TEST_F(Trainer, RefusesBadOutputsBeforeItBegins) {
  const TrainOptions options = network_options(ModelKind::kLinear);
  SCTAB_EXPECT_THROW_WITH(train(store_, options, folder_ / "no" / "such"), core::InputError, "no");
  fs::create_directory(folder_ / "thesis");
  std::ofstream(folder_ / "thesis" / "chapter1.txt") << "precious";
  SCTAB_EXPECT_THROW_WITH(train(store_, options, folder_ / "thesis"), core::InputError, "thesis");
  const store::Store empty = tests::make_tiny_store(folder_ / "empty", {.n_cells = {0, 30, 30}});
  SCTAB_EXPECT_THROW_WITH(train(empty, options, folder_ / "model"), core::InputError, "no training cells");
}

}  // namespace
}  // namespace sctab::train
