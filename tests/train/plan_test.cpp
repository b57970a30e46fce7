#include "sctab/train/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::train {
namespace {

using model::ModelKind;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

CorpusSize size_of(CellIndex n_train, CellIndex n_val = 1000) {
  return {n_train, n_val, 19331, {n_train / 2, n_train - n_train / 2, 0}};
}

constexpr CellIndex kPaperCells = 15'240'192;

void expect_paper(const TrainPlan& plan) {
  EXPECT_EQ(plan.batch_size, 2048);
  EXPECT_EQ(plan.learning_rate, 0.005);
  EXPECT_EQ(plan.weight_decay, 0.05);
  EXPECT_EQ(plan.lr_gamma, 0.9);
  EXPECT_EQ(plan.lambda_sparse, 1e-5);
  EXPECT_EQ(plan.clip_norm, 1.0);
  EXPECT_TRUE(plan.class_weights);
  EXPECT_FALSE(plan.reestimate_batch_norm);
  EXPECT_EQ(plan.seed, 1U);
  const model::TabnetOptions& tabnet = plan.architecture.tabnet;
  EXPECT_EQ(tabnet.n_d, 128);
  EXPECT_EQ(tabnet.n_a, 64);
  EXPECT_EQ(tabnet.n_steps, 1);
  EXPECT_EQ(tabnet.n_shared, 3);
  EXPECT_EQ(tabnet.n_independent, 5);
  EXPECT_EQ(tabnet.virtual_batch_size, 256);
  EXPECT_EQ(tabnet.momentum, 0.02);
  EXPECT_EQ(tabnet.mask_type, model::MaskType::kEntmax);
}

TEST(Plan, APaperSizedCorpusGetsThePapersValues) {
  expect_paper(choose_plan({}, size_of(kPaperCells)));
}

TEST(ChooseKind, ALaboratorysCorpusGetsAMixedEnsembleAndALargeOneThePapersNetwork) {
  const TrainOptions free{.kind = {}};
  EXPECT_EQ(choose_kind(free, size_of(10'000)), ModelKind::kMixed);
  EXPECT_EQ(choose_kind(free, size_of(199'999)), ModelKind::kMixed);
  EXPECT_EQ(choose_kind(free, size_of(200'000)), ModelKind::kTabnet);
  EXPECT_EQ(choose_kind({.kind = {}, .preset = Preset::kPaper}, size_of(10'000)), ModelKind::kTabnet);
  EXPECT_EQ(choose_kind({.kind = {}, .n_d = 16}, size_of(10'000)), ModelKind::kTabnet);
  EXPECT_EQ(choose_kind({.kind = {}, .dropout = 0.5}, size_of(10'000)), ModelKind::kMlp);
  EXPECT_EQ(choose_kind({.kind = ModelKind::kLinear}, size_of(10'000)), ModelKind::kLinear);
}

TEST(ChoosePlans, AMixedEnsembleTakesTurnsBetweenItsKinds) {
  const TrainOptions options{.kind = ModelKind::kMixed, .max_epochs = 3, .n_d = 16, .hidden_size = 24, .seed = 7};
  const std::vector<TrainPlan> plans = choose_plans(options, size_of(10'000));
  ASSERT_EQ(plans.size(), 9U);  // 3 of each kind
  constexpr std::array kKinds = {ModelKind::kTabnet, ModelKind::kMlp, ModelKind::kLinear};
  for (std::size_t i = 0; i < plans.size(); ++i) {
    EXPECT_EQ(plans[i].architecture.kind, kKinds.at(i % 3));
    EXPECT_EQ(plans[i].seed, member_seed(7, static_cast<int>(i) + 1));
    EXPECT_EQ(plans[i].max_epochs, 3);
  }
  EXPECT_EQ(plans[0].architecture.tabnet.n_d, 16);
  EXPECT_EQ(plans[4].architecture.mlp.hidden_size, 24);
  EXPECT_EQ(joint_architecture(plans).kind, ModelKind::kMixed);
  EXPECT_EQ(joint_architecture(plans).members.size(), 9U);
}

TEST(ChoosePlans, AMixedEnsembleHasTheHierarchicalLossAndNothingElseHasItUnasked) {
  const auto loss_of = [](const TrainOptions& options) { return choose_plans(options, size_of(10'000)).back().loss; };
  EXPECT_EQ(loss_of({.kind = {}}), LossKind::kHierarchical);
  EXPECT_EQ(loss_of({.kind = ModelKind::kMixed}), LossKind::kHierarchical);
  EXPECT_EQ(loss_of({.kind = ModelKind::kMixed, .loss = LossKind::kCrossEntropy}), LossKind::kCrossEntropy);
  EXPECT_EQ(loss_of({.kind = ModelKind::kMixed, .preset = Preset::kPaper}), LossKind::kCrossEntropy);
  EXPECT_EQ(loss_of({.kind = ModelKind::kTabnet}), LossKind::kCrossEntropy);
  EXPECT_EQ(loss_of({.kind = ModelKind::kMlp, .loss = LossKind::kHierarchical}), LossKind::kHierarchical);
}

TEST(Plan, TheLossIsPartOfIt) {
  const TrainPlan plain = choose_plan({}, size_of(10'000));
  const TrainPlan other = choose_plan({.loss = LossKind::kHierarchical}, size_of(10'000));
  EXPECT_FALSE(to_json(plain).contains("loss")) << "runs begun by earlier versions can be resumed";
  EXPECT_EQ(to_json(other).at("loss"), "hierarchical");
  EXPECT_EQ(other.subtype_credit, 1);
  EXPECT_EQ(choose_plans({.kind = {}}, size_of(10'000)).front().subtype_credit, 0.5);
  const TrainOptions published{.kind = ModelKind::kMixed, .loss = LossKind::kHierarchical};
  EXPECT_EQ(choose_plans(published, size_of(10'000)).front().subtype_credit, 0.5) << "written out or not";
  EXPECT_EQ(
      choose_plans({.kind = ModelKind::kMlp, .loss = LossKind::kHierarchical}, size_of(10'000)).front().subtype_credit,
      1);
  EXPECT_THAT(other.reasons, testing::Contains(HasSubstr("hierarchical")));
}

TEST(ChoosePlans, MembersOfAMixedEnsembleWeighByTheirValidationButInThePapersPreset) {
  EXPECT_TRUE(choose_plans({.kind = {}}, size_of(10'000)).front().weigh_members);
  EXPECT_FALSE(
      choose_plans({.kind = ModelKind::kMixed, .preset = Preset::kPaper}, size_of(10'000)).front().weigh_members);
  EXPECT_FALSE(choose_plans({.kind = ModelKind::kMlp, .members = 5}, size_of(10'000)).front().weigh_members);
}

TEST(ChoosePlans, CellsAreSeenAsOfOtherAssaysOnlyWhereThatIsAskedFor) {
  for (const std::optional<ModelKind> kind : {std::optional<ModelKind>(), {ModelKind::kMixed}, {ModelKind::kMlp}}) {
    EXPECT_FALSE(choose_plans({.kind = kind}, size_of(10'000)).back().assay_noise.any());
    const TrainPlan noisy = choose_plans({.kind = kind, .gene_dropout = 0.2, .gene_noise = 1}, size_of(10'000)).back();
    EXPECT_EQ(noisy.assay_noise.gene_dropout, 0.2);
    EXPECT_EQ(noisy.assay_noise.gene_noise, 1);
  }
}

TEST(Plan, AssayNoiseIsPartOfItWhereThereIsAny) {
  EXPECT_FALSE(to_json(choose_plan({}, size_of(10'000))).contains("gene_dropout")) << "earlier runs can be resumed";
  const TrainPlan noisy = choose_plan({.gene_dropout = 0.25, .gene_noise = 0.5}, size_of(10'000));
  EXPECT_EQ(to_json(noisy).at("gene_dropout"), 0.25);
  EXPECT_EQ(to_json(noisy).at("gene_noise"), 0.5);
  EXPECT_THAT(noisy.reasons, testing::Contains(HasSubstr("other assays")));
  SCTAB_EXPECT_THROW_WITH((void)choose_plan({.gene_dropout = 1}, size_of(10'000)), core::InputError, "--gene-dropout");
  SCTAB_EXPECT_THROW_WITH((void)choose_plan({.gene_noise = -1}, size_of(10'000)), core::InputError, "--gene-noise");
}

TEST(ChoosePlans, SayWhyTheyAreMixedAndOfWhichKindEachReasonIs) {
  const std::vector<TrainPlan> chosen = choose_plans({.kind = {}}, size_of(10'000));
  EXPECT_THAT(chosen[0].reasons.front(), HasSubstr("--kind tabnet"));
  EXPECT_THAT(chosen[1].reasons, testing::Each(testing::StartsWith("mlp: ")));
  const std::vector<TrainPlan> asked_for = choose_plans({.kind = ModelKind::kMixed}, size_of(10'000));
  EXPECT_THAT(asked_for[0].reasons, testing::Each(testing::StartsWith("tabnet: ")));
}

TEST(ChoosePlans, MembersOfOneKindDifferInTheirSeedAlone) {
  const std::vector<TrainPlan> plans = choose_plans({.kind = ModelKind::kLinear, .members = 2}, size_of(10'000));
  ASSERT_THAT(plans, SizeIs(2));
  EXPECT_NE(plans[0].seed, plans[1].seed);
  TrainPlan same = plans[1];
  same.seed = plans[0].seed;
  EXPECT_EQ(to_json(same), to_json(plans[0]));
  EXPECT_EQ(joint_architecture(plans).kind, ModelKind::kLinear);
  SCTAB_EXPECT_THROW_WITH((void)choose_plans({.members = 0}, size_of(10'000)), core::InputError, "--members");
  const TrainOptions too_many{.kind = ModelKind::kMixed, .members = 715'827'883};  // times 3: beyond int
  SCTAB_EXPECT_THROW_WITH((void)choose_plans(too_many, size_of(10'000)), core::InputError, "--members: 715827883");
}

TEST(Plan, ThePaperPresetIsThePaperAtAnySize) {
  for (const CellIndex cells : {CellIndex{100}, CellIndex{10'000}, kPaperCells}) {
    const TrainPlan plan = choose_plan({.preset = Preset::kPaper}, size_of(cells));
    expect_paper(plan);
    EXPECT_EQ(to_json(plan), to_json(choose_plan({}, size_of(kPaperCells))));
  }
}

TEST(Plan, ThePapersBaselines) {
  const TrainPlan linear = choose_plan({.kind = ModelKind::kLinear}, size_of(kPaperCells));
  EXPECT_EQ(linear.learning_rate, 0.0005);
  EXPECT_EQ(linear.weight_decay, 0.01);
  const TrainPlan mlp = choose_plan({.kind = ModelKind::kMlp}, size_of(kPaperCells));
  EXPECT_EQ(mlp.learning_rate, 0.002);
  EXPECT_EQ(mlp.weight_decay, 0.05);
  EXPECT_EQ(mlp.architecture.mlp.n_hidden, 8);
  EXPECT_EQ(mlp.architecture.mlp.hidden_size, 128);
  EXPECT_EQ(mlp.architecture.mlp.dropout, 0.1);
}

TEST(Plan, KnowsTheCorpus) {
  const TrainPlan plan = choose_plan({.seed = 7}, size_of(5000));
  EXPECT_EQ(plan.architecture.n_genes, 19331);
  EXPECT_EQ(plan.architecture.n_types, 3);
  EXPECT_EQ(plan.seed, 7U);
  EXPECT_EQ(size_of(5000).n_types_trained(), 2);
}

TEST(Plan, ASmallCorpusGetsSmallBatchesAndFreshBatchNorm) {
  const TrainPlan plan = choose_plan({}, size_of(8'500));
  EXPECT_LT(plan.batch_size, 256);
  EXPECT_GE(8'500 / plan.batch_size, 60);
  EXPECT_LE(plan.architecture.tabnet.virtual_batch_size, plan.batch_size);
  EXPECT_TRUE(plan.reestimate_batch_norm);
  EXPECT_FALSE(choose_plan({.kind = ModelKind::kMlp}, size_of(8'500)).reestimate_batch_norm);
  EXPECT_THAT(plan.reasons, Contains(HasSubstr("8,500 training cells")));
  EXPECT_THAT(plan.warnings, IsEmpty());
}

TEST(Plan, ASmallCorpusIsHeldBackFromLearningItsDonors) {
  EXPECT_EQ(choose_plan({}, size_of(8'500)).weight_decay, 1.0);
  EXPECT_DOUBLE_EQ(choose_plan({}, size_of(100'000)).weight_decay, 0.1);
  EXPECT_EQ(choose_plan({}, size_of(200'000)).weight_decay, 0.05);
  EXPECT_EQ(choose_plan({.preset = Preset::kPaper}, size_of(8'500)).weight_decay, 0.05);
  EXPECT_EQ(choose_plan({.kind = ModelKind::kMlp}, size_of(8'500)).weight_decay, 0.05);
}

TEST(Plan, ASmallCorpusGetsEnoughStepsAndARateThatFallsOverThem) {
  for (const CellIndex cells : {20, 300, 5'000, 199'999}) {
    const TrainPlan plan = choose_plan({}, size_of(cells));
    EXPECT_GE(plan.max_epochs * ((cells + plan.batch_size - 1) / plan.batch_size), 1000) << cells;
    EXPECT_NEAR(plan.learning_rate_of(plan.max_epochs), plan.learning_rate / 5, 1e-12) << cells;
    EXPECT_LT(plan.patience, plan.max_epochs) << cells;
  }
  const TrainPlan given = choose_plan({.max_epochs = 4}, size_of(5'000));
  EXPECT_NEAR(given.learning_rate_of(4), given.learning_rate / 5, 1e-12);
}

TEST(Plan, BatchesGrowWithTheCorpusAndNeverPassThePapers) {
  std::int64_t last = 0;
  for (CellIndex cells = 2; cells < 100'000'000; cells *= 2) {
    const std::int64_t batch = choose_plan({}, size_of(cells)).batch_size;
    EXPECT_GE(batch, last);
    last = batch;
  }
  EXPECT_EQ(last, 2048);
}

TEST(Plan, WhatIsGivenStands) {
  TrainOptions options{.batch_size = 333, .max_epochs = 3, .n_d = 17, .n_a = 9};
  options.virtual_batch_size = 50;
  options.learning_rate = 0.123;
  options.reestimate_batch_norm = false;
  options.class_weights = false;
  for (const bool preset : {false, true}) {
    if (preset) options.preset = Preset::kPaper;
    const TrainPlan plan = choose_plan(options, size_of(9'000));
    EXPECT_EQ(plan.batch_size, 333);
    EXPECT_EQ(plan.max_epochs, 3);
    EXPECT_EQ(plan.architecture.tabnet.n_d, 17);
    EXPECT_EQ(plan.architecture.tabnet.n_a, 9);
    EXPECT_EQ(plan.architecture.tabnet.virtual_batch_size, 50);
    EXPECT_EQ(plan.learning_rate, 0.123);
    EXPECT_FALSE(plan.reestimate_batch_norm);
    EXPECT_FALSE(plan.class_weights);
  }
}

TEST(Plan, WarnsWhereTheBatchIsLargerThanTheData) {
  EXPECT_THAT(choose_plan({.preset = Preset::kPaper}, size_of(900)).warnings,
              Contains(HasSubstr("larger than the 900")));
  EXPECT_THAT(choose_plan({.batch_size = 32}, size_of(19)).warnings, Contains(HasSubstr("larger than the 19")));
  // What was chosen for want of a better is nothing to warn of.
  EXPECT_THAT(choose_plan({}, size_of(19)).warnings, Not(Contains(HasSubstr("larger than"))));
  EXPECT_THAT(choose_plan({.batch_size = 901}, size_of(900)).warnings, SizeIs(1));
  EXPECT_THAT(choose_plan({.batch_size = 900}, size_of(900)).warnings, IsEmpty());
}

TEST(Plan, SaysWhatHappensWithoutValidationCells) {
  EXPECT_THAT(choose_plan({}, size_of(900, 0)).warnings, Contains(HasSubstr("no validation cells")));
}

TEST(Plan, RefusesACorpusWithNothingToLearn) {
  SCTAB_EXPECT_THROW_WITH(choose_plan({}, size_of(0)), core::InputError, "no training cells");
  const CorpusSize one_type{500, 10, 100, {500, 0}};
  SCTAB_EXPECT_THROW_WITH(choose_plan({}, one_type), core::InputError, "one type", "at least 2");
}

TEST(Plan, RefusesValuesOutOfRangeByName) {
  const auto refused = [](TrainOptions options, const char* name) {
    SCTAB_EXPECT_THROW_WITH(choose_plan(options, size_of(900)), core::InputError, name);
  };
  refused({.batch_size = 0}, "--batch-size");
  refused({.max_epochs = 0}, "--epochs");
  refused({.patience = 0}, "--patience");
  refused({.learning_rate = 0}, "--learning-rate");
  refused({.learning_rate = std::numeric_limits<double>::quiet_NaN()}, "--learning-rate");
  refused({.weight_decay = -1}, "--weight-decay");
  refused({.lr_gamma = 1.5}, "--lr-gamma");
  refused({.lambda_sparse = -1}, "--lambda-sparse");
  refused({.clip_norm = 0}, "--clip-norm");
  refused({.subtype_credit = 0.5}, "--subtype-credit");
  refused({.subtype_credit = 0, .loss = LossKind::kHierarchical}, "--subtype-credit");
  refused({.subtype_credit = 1.5, .loss = LossKind::kHierarchical}, "--subtype-credit");
  refused({.n_d = 0}, "--n-d");
}

TEST(Plan, SamplingAndSmoothingAreOffUnlessAsked) {
  const TrainPlan plan = choose_plan({}, size_of(9'000));
  EXPECT_EQ(plan.sampling_power, 0);
  EXPECT_EQ(plan.label_smoothing, 0);
  const nlohmann::json json = to_json(plan);
  for (const char* key : {"sampling_power", "label_smoothing", "smoothing"}) EXPECT_FALSE(json.contains(key)) << key;
}

TEST(Plan, BalancedSamplingTakesThePlaceOfClassWeightsUnlessBothAreAskedFor) {
  TrainOptions options{.sampling = Sampling::kBalanced};
  TrainPlan plan = choose_plan(options, size_of(9'000));
  EXPECT_EQ(plan.sampling_power, 0.5);
  EXPECT_FALSE(plan.class_weights);
  EXPECT_EQ(to_json(plan).at("sampling_power"), 0.5);
  EXPECT_THAT(plan.reasons, Contains(HasSubstr("balanced sampling")));
  options.class_weights = true;
  options.sampling_power = 1.0;
  plan = choose_plan(options, size_of(9'000));
  EXPECT_TRUE(plan.class_weights);
  EXPECT_EQ(plan.sampling_power, 1);
}

TEST(Plan, SmoothingIsByTheOntologyUnlessSaid) {
  TrainOptions options{.label_smoothing = 0.1};
  EXPECT_EQ(to_json(choose_plan(options, size_of(9'000))).at("smoothing"), "ontology");
  options.smoothing = Smoothing::kUniform;
  const TrainPlan plan = choose_plan(options, size_of(9'000));
  EXPECT_EQ(to_json(plan).at("smoothing"), "uniform");
  EXPECT_EQ(to_json(plan).at("label_smoothing"), 0.1);
  EXPECT_THAT(plan.reasons, Contains(HasSubstr("label smoothing")));
}

TEST(Plan, RefusesSamplingAndSmoothingOutOfRangeOrWithoutEffect) {
  const auto refused = [](TrainOptions options, const char* name) {
    SCTAB_EXPECT_THROW_WITH(choose_plan(options, size_of(900)), core::InputError, name);
  };
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const double power : {-0.5, 0.0, 1.1, none}) {
    refused({.sampling = Sampling::kBalanced, .sampling_power = power}, "--sampling-power");
  }
  refused({.sampling_power = 0.5}, "--sampling balanced");
  for (const double share : {-0.1, 1.0, 2.0, none}) refused({.label_smoothing = share}, "--label-smoothing");
  refused({.smoothing = Smoothing::kUniform}, "--label-smoothing");
  refused({.loss = LossKind::kHierarchical, .label_smoothing = 0.1}, "--loss hierarchical");
}

TEST(ChoosePlans, AMixedEnsembleOfSmoothedLabelsHasCrossEntropy) {
  const TrainOptions options{.kind = ModelKind::kMixed, .label_smoothing = 0.1};
  EXPECT_EQ(choose_plans(options, size_of(10'000)).back().loss, LossKind::kCrossEntropy);
}

TEST(Plan, RefusesOptionsOfAnotherNetwork) {
  const auto refused = [](TrainOptions options, const char* name) {
    SCTAB_EXPECT_THROW_WITH(choose_plan(options, size_of(900)), core::InputError, name, "remove the option");
  };
  refused({.kind = ModelKind::kLinear, .n_d = 8}, "--n-d");
  refused({.kind = ModelKind::kMlp, .virtual_batch_size = 8}, "--virtual-batch-size");
  refused({.hidden_size = 8}, "--hidden-size");
  refused({.kind = ModelKind::kLinear, .dropout = 0.5}, "--dropout");
  refused({.kind = ModelKind::kMlp, .reestimate_batch_norm = true}, "--reestimate-batch-norm");
}

TEST(Plan, StepLr) {
  TrainPlan plan;
  EXPECT_EQ(plan.learning_rate_of(0), 0.005);
  EXPECT_DOUBLE_EQ(plan.learning_rate_of(3), 0.005 * 0.9 * 0.9 * 0.9);
  plan.lr_gamma = 1;
  EXPECT_EQ(plan.learning_rate_of(1000), 0.005);
}

}  // namespace
}  // namespace sctab::train
