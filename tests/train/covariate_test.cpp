#include "sctab/evaluate/split_levels.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"
#include "train/interrupted_training.hpp"

namespace sctab::train {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using model::ModelKind;

/// A store with cells of two types that their tissue tells apart but their genes do not.
store::Store make_puzzle(const fs::path& directory, const std::vector<std::string>& tissues = {"blood", "lung"}) {
  tests::SmallStore cells(30);
  cells.tables.cell_types = {{"T cell", "CL:0000084"}, {"B cell", "CL:0000236"}};
  for (const store::Field field : store::kFields) {
    if (field != store::Field::kCellType) cells.tables.column(field) = {"0", "1", "2"};
  }
  cells.tables.column(store::Field::kTissue) = tissues;
  cells.tables.column(store::Field::kDisease) = {"normal", "unknown"};
  cells.ontology = ontology::Ontology(tests::tiny_terms(), "tiny").to_json();
  core::Rng rng(1);
  for (const store::Split split : store::kSplits) {
    const auto donor = static_cast<std::int32_t>(split);
    for (std::int32_t cell = 0; cell < (split == store::Split::kTrain ? 300 : 100); ++cell) {
      const std::int32_t type = cell % 2;
      cells.add(
          rng, [](core::GeneIndex) { return 1.0; }, {type, donor, donor, 0, type, 0, type}, split);
    }
  }
  return cells.write(directory);
}

class CovariateTraining : public testing::Test {
 protected:
  void SetUp() override { core::Progress::set_quiet(true); }
  void TearDown() override { core::set_interrupted(false); }

  static TrainOptions options(ModelKind kind, const std::string& covariate = "tissue") {
    TrainOptions options;
    options.kind = kind;
    options.batch_size = 25;
    options.max_epochs = 20;
    options.patience = 20;
    options.learning_rate = 0.01;
    options.threads = 1;
    if (!covariate.empty()) options.covariate = covariate;
    return options;
  }
  /// Trains a model of its own; the macro F1 of the test split.
  double score(const TrainOptions& options, bool without_covariate = false) {
    const fs::path model = folder_ / ("model-" + std::to_string(n_models_++));
    train(store_, options, model);
    return test_score(model, store_, without_covariate).evaluation.corrected.macro_f1;
  }
  static evaluate::ModelEvaluation test_score(const fs::path& model, const store::Store& store,
                                              bool without_covariate = false) {
    return evaluate::evaluate_model(model::Classifier::load(model, {.threads = 1}), store, store::Split::kTest,
                                    {.without_covariate = without_covariate});
  }

  tests::TemporaryFolder folder_;
  store::Store store_ = make_puzzle(folder_ / "store");
  int n_models_ = 0;
};

constexpr double kSolved = 0.95;
constexpr double kGuessed = 0.7;  // 100 cells of two types by chance: 0.5, and four standard deviations

TEST_F(CovariateTraining, SolvesWhatGenesAloneCannot) {
  for (const ModelKind kind : {ModelKind::kTabnet, ModelKind::kMlp, ModelKind::kLinear}) {
    EXPECT_GE(score(options(kind)), kSolved) << model::name(kind);
    EXPECT_LE(score(options(kind, "")), kGuessed) << model::name(kind);
    EXPECT_LE(score(options(kind), true), kGuessed) << model::name(kind) << ", withheld";
  }
}

TEST_F(CovariateTraining, SolvesItAsAMixedEnsemble) {
  TrainOptions mixed = options(ModelKind::kMixed);
  mixed.members = 1;
  EXPECT_GE(score(mixed), kSolved);
}

TEST_F(CovariateTraining, SolvesItWithAugmentedGenes) {
  augment::Vectors vectors;
  vectors.genes = store_.genes();
  vectors.values.clear(vectors.genes.size());
  std::vector<sparse::GeneIndex> genes(static_cast<std::size_t>(vectors.genes.size()));
  std::iota(genes.begin(), genes.end(), 0);
  vectors.values.append_row(genes, std::vector<float>(genes.size(), 1));
  vectors.origins.push_back({"T cell", "CL:0000084", "0", "0", 0});
  augment::write_vectors(folder_ / "vectors.h5ad", vectors, nlohmann::json::object());
  TrainOptions augmented = options(ModelKind::kLinear);
  augmented.augment = folder_ / "vectors.h5ad";
  EXPECT_GE(score(augmented), kSolved);
}

TEST_F(CovariateTraining, SolvesItWithBalancedSampling) {
  for (const ModelKind kind : {ModelKind::kTabnet, ModelKind::kMlp}) {
    TrainOptions balanced = options(kind);
    balanced.sampling = Sampling::kBalanced;
    EXPECT_GE(score(balanced), kSolved) << model::name(kind);
  }
}

TEST_F(CovariateTraining, SolvesItWithTheHierarchicalLoss) {
  for (const ModelKind kind : {ModelKind::kTabnet, ModelKind::kMlp}) {
    TrainOptions hierarchical = options(kind);
    hierarchical.loss = LossKind::kHierarchical;
    EXPECT_GE(score(hierarchical), kSolved) << model::name(kind);
  }
}

TEST_F(CovariateTraining, IsTheSameWhereverItWasEnded) {
  TrainOptions whole = options(ModelKind::kMlp);
  whole.max_epochs = 3;
  whole.sampling = Sampling::kBalanced;
  whole.loss = LossKind::kHierarchical;
  train(store_, whole, folder_ / "whole");
  TrainOptions ended = whole;
  for (const int steps : {5, 14}) {
    tests::expect_interrupted(store_, tests::ended_after(ended, steps), folder_ / "ended");
    ended.resume = true;
  }
  TrainOptions other = ended;
  other.covariate_dropout = 0.3;
  SCTAB_EXPECT_THROW_WITH(train(store_, other, folder_ / "ended"), InputError, "covariate_dropout was");
  train(store_, ended, folder_ / "ended");
  EXPECT_EQ(tests::read_bytes(folder_ / "ended" / "model.safetensors"),
            tests::read_bytes(folder_ / "whole" / "model.safetensors"));
}

TEST_F(CovariateTraining, TissuesThatTheModelNeverSawAreNone) {
  train(store_, options(ModelKind::kLinear), folder_ / "model");
  const store::Store elsewhere = make_puzzle(folder_ / "elsewhere", {"skin", "lung"});
  EXPECT_EQ(test_score(folder_ / "model", store_).n_without_level, 0);
  EXPECT_EQ(test_score(folder_ / "model", elsewhere).n_without_level, 50);
  EXPECT_EQ(test_score(folder_ / "model", store_, true).n_without_level, 100);
}

TEST_F(CovariateTraining, MistakesAreNamed) {
  const auto refused = [&](const std::string& column, const char* what) {
    SCTAB_EXPECT_THROW_WITH(train(store_, options(ModelKind::kLinear, column), folder_ / "model"), InputError,
                            column.c_str(), what);
  };
  refused("donor", "expected one of assay, tissue, tissue_general, disease");
  refused("cell_type", "expected one of");
  refused("assay", "only one value, '0'");
  refused("disease", "only one value, 'normal'");  // "unknown" is not a level
  TrainOptions all = options(ModelKind::kLinear);
  all.covariate_dropout = 1;
  SCTAB_EXPECT_THROW_WITH(train(store_, all, folder_ / "model"), InputError, "--covariate-dropout");
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
  train(store_, options(ModelKind::kLinear, ""), folder_ / "model");
  SCTAB_EXPECT_THROW_WITH(test_score(folder_ / "model", store_, true), InputError, "no covariate");
}

TEST_F(CovariateTraining, AShareOfTheLevelsIsHiddenAnewForEachStream) {
  const model::CellLevels levels =
      evaluate::split_levels(store_, store::Split::kTrain, evaluate::find_covariate(store_, "tissue"));
  sparse::CsrMatrix cells, memory;
  cells.clear(store_.genes().size());
  std::vector<store::CellIndex> rows;
  for (store::CellIndex row = 0; row < 300; ++row) {
    cells.append_row({}, {});
    rows.push_back(row);
  }
  const auto indices = [&](double share, std::uint64_t seed) {
    const auto view = levels.add(cells.view(), rows, memory, share, core::Rng(seed));
    return std::vector<std::int64_t>(view.indptr.begin(), view.indptr.end());
  };
  EXPECT_EQ(indices(0, 1).back(), 300);
  EXPECT_NEAR(static_cast<double>(indices(0.2, 1).back()), 240, 28) << "four standard deviations";
  EXPECT_EQ(indices(0.2, 1), indices(0.2, 1));
  EXPECT_NE(indices(0.2, 1), indices(0.2, 2));
}

}  // namespace
}  // namespace sctab::train
