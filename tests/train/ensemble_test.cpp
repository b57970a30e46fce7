#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/train.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"
#include "train/interrupted_training.hpp"

namespace sctab::train {
namespace {

namespace fs = std::filesystem;

class Ensemble : public testing::Test {
 protected:
  void SetUp() override { core::Progress::set_quiet(true); }
  void TearDown() override { core::set_interrupted(false); }

  /// With dropout, so that every source of randomness is in it; ten steps an epoch.
  static TrainOptions options(int members) {
    TrainOptions options;
    options.kind = model::ModelKind::kMlp;
    options.hidden_size = 16;
    options.dropout = 0.3;
    options.batch_size = 32;
    options.max_epochs = 2;
    options.threads = 1;
    options.members = members;
    return options;
  }

  tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_tiny_store(folder_ / "store");
};

TEST_F(Ensemble, SeedsAreThoseOfTheirOwn) {
  EXPECT_EQ(member_seed(7, 1), 7U);
  std::set<std::uint64_t> seeds;
  for (const std::uint64_t seed : {1ULL, 2ULL, 1ULL << 60}) {
    for (int member = 1; member <= 5; ++member) {
      seeds.insert(member_seed(seed, member));
      EXPECT_EQ(member_seed(seed, member), member_seed(seed, member));
      EXPECT_TRUE(member == 1 || member_seed(seed, member) < 1ULL << 53);
    }
  }
  EXPECT_EQ(seeds.size(), 15U);
  EXPECT_THROW((void)member_seed(1, 0), std::logic_error);
}

TEST_F(Ensemble, OfSeveralKindsIsTheMeanOfEachKindsSingleRuns) {
  TrainOptions mixed = options(1);
  mixed.kind = model::ModelKind::kMixed;
  mixed.n_d = mixed.n_a = 8;
  const fs::path out = folder_ / "mixed";
  tests::expect_interrupted(store_, tests::ended_after(mixed, 25), out);  // in the second member
  mixed.resume = true;
  const TrainResult result = train(store_, mixed, out);
  EXPECT_EQ(result.kind, model::ModelKind::kMixed);
  ASSERT_EQ(result.members.size(), 3U);
  EXPECT_EQ(result.members[1].kind, model::ModelKind::kMlp);

  const model::ModelDescription description = model::read_description(out);
  ASSERT_EQ(description.architecture.kind, model::ModelKind::kMixed);
  for (int member = 1; member <= 3; ++member) {
    TrainOptions single = options(1);
    single.overwrite = true;
    const model::Architecture& architecture =
        model::member_architecture(description.architecture, static_cast<std::size_t>(member) - 1);
    single.kind = architecture.kind;
    single.seed = member_seed(single.seed, member);
    single.loss = LossKind::kHierarchical;
    single.subtype_credit = 0.5;
    if (architecture.kind == model::ModelKind::kTabnet) single.n_d = single.n_a = 8;
    if (architecture.kind != model::ModelKind::kMlp) single.hidden_size = {}, single.dropout = {};
    const fs::path alone = folder_ / "alone";
    train(store_, single, alone);
    EXPECT_EQ(tests::read_bytes(out / description.members[static_cast<std::size_t>(member) - 1]),
              tests::read_bytes(alone / "model.safetensors"))
        << member;
  }
  ASSERT_EQ(description.member_weights.size(), 3U);
  EXPECT_EQ(description.training["members"][1]["weight"], description.member_weights[1]);
  const double ratio = result.members[0].best_val_macro_f1 / result.members[1].best_val_macro_f1;
  EXPECT_NEAR(description.member_weights[0] / description.member_weights[1], std::pow(ratio, 8), 1e-6);
  const auto evaluated = evaluate::evaluate_model(model::Classifier::load(out, {.threads = 1}), store_,
                                                  store::Split::kTest, {.threads = 1});
  EXPECT_GE(evaluated.evaluation.corrected.macro_f1, 0.5);
  EXPECT_EQ(evaluated.uncertainty.size(), 3U);
}

TEST_F(Ensemble, EveryMemberIsTheSingleRunOfItsSeed) {
  const fs::path out = folder_ / "model";
  const TrainResult result = train(store_, options(3), out);
  ASSERT_EQ(result.members.size(), 3U);
  const model::ModelDescription description = model::read_description(out);
  EXPECT_EQ(description.members,
            (std::vector<std::string>{"member-1.safetensors", "member-2.safetensors", "member-3.safetensors"}));
  for (int member = 1; member <= 3; ++member) {
    TrainOptions single = options(1);
    single.overwrite = true;
    single.seed = member_seed(single.seed, member);
    const fs::path alone = folder_ / "alone";
    const TrainResult wanted = train(store_, single, alone);
    const auto i = static_cast<std::size_t>(member - 1);
    EXPECT_EQ(tests::read_bytes(out / description.members[i]), tests::read_bytes(alone / "model.safetensors"))
        << member;
    EXPECT_EQ(result.members[i].best_val_macro_f1, wanted.best_val_macro_f1);
    EXPECT_EQ(description.training["members"][i]["seed"], single.seed);
    EXPECT_EQ(description.training["members"][i]["best_epoch"], wanted.best_epoch);
  }
  EXPECT_TRUE(description.member_weights.empty()) << "the plain mean, as the paper has it";
  EXPECT_NE(tests::read_bytes(out / description.members[0]), tests::read_bytes(out / description.members[1]));
  for (const char* log : {"member-1.jsonl", "member-2.jsonl", "member-3.jsonl"}) {
    const std::string lines = tests::read_bytes(out / "run" / log);
    EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << log;
  }
  EXPECT_EQ(description.metrics.at("macro_f1"), result.best_val_macro_f1) << "of the mean over the members";
  EXPECT_FALSE(fs::exists(out.string() + ".run"));
}

TEST_F(Ensemble, AFinishedMemberIsNotTrainedAgain) {
  const fs::path whole = folder_ / "whole", out = folder_ / "ended";
  train(store_, options(3), whole);
  // In the first member, at its last step, in the second member's first epoch, and in the third.
  for (const int steps : {4, 20, 23, 45}) {
    tests::expect_interrupted(store_, tests::ended_after(options(3), steps), out);
    EXPECT_FALSE(fs::exists(out));
    TrainOptions again = options(3);
    again.resume = true;
    int steps_again = 0;
    again.after_step = [&steps_again](std::int64_t, std::int64_t) { ++steps_again; };
    train(store_, again, out);
    EXPECT_EQ(steps_again, 60 - steps);
    for (const char* member : {"member-1.safetensors", "member-2.safetensors", "member-3.safetensors"}) {
      EXPECT_EQ(tests::read_bytes(out / member), tests::read_bytes(whole / member))
          << member << " ended after " << steps;
    }
    EXPECT_FALSE(fs::exists(out.string() + ".run"));
    fs::remove_all(out);
  }
}

TEST_F(Ensemble, AnUnfinishedOneMayGrowButIsNeitherOverwrittenNorMixed) {
  const fs::path out = folder_ / "model", run = folder_ / "model.run";
  tests::expect_interrupted(store_, tests::ended_after(options(2), 25), out);
  SCTAB_EXPECT_THROW_WITH(train(store_, options(2), out), core::InputError, "model.run", "--resume");
  TrainOptions other = options(1);
  other.resume = true;
  SCTAB_EXPECT_THROW_WITH(train(store_, other, out), core::InputError, "ensemble", "--members");
  other = options(2);
  other.resume = true;
  other.seed = 2;
  SCTAB_EXPECT_THROW_WITH(train(store_, other, out), core::InputError, "member-1", "seed was 1 and is now 2");
  std::ofstream(run / "member-1" / "notes.txt") << "precious";
  other = options(3);
  other.resume = true;
  SCTAB_EXPECT_THROW_WITH(train(store_, other, out), core::InputError, "notes.txt", "move it");
  fs::remove(run / "member-1" / "notes.txt");
  EXPECT_EQ(train(store_, other, out).members.size(), 3U);
  EXPECT_FALSE(fs::exists(run));

  tests::expect_interrupted(store_, tests::ended_after(options(1), 5), folder_ / "single");
  other = options(2);
  other.resume = true;
  SCTAB_EXPECT_THROW_WITH(train(store_, other, folder_ / "single"), core::InputError, "one model", "--members");
}

TEST_F(Ensemble, WithoutValidationCellsThereIsNoScore) {
  const store::Store store = tests::make_tiny_store(folder_ / "train-only", {.n_cells = {200, 0, 0}});
  const TrainResult result = train(store, options(2), folder_ / "model");
  EXPECT_TRUE(std::isnan(result.best_val_macro_f1));
  EXPECT_EQ(result.members.size(), 2U);
}

TEST_F(Ensemble, RefusesLessThanOneMember) {
  SCTAB_EXPECT_THROW_WITH(train(store_, options(0), folder_ / "model"), core::InputError, "--members");
}

}  // namespace
}  // namespace sctab::train
