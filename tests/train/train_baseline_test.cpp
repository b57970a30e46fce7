#include "sctab/train/train.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/train_kinds.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

namespace fs = std::filesystem;
using model::ModelKind;

/// The kinds that are trained in one go, and of these the ones that can be ensembles.
std::vector<ModelKind> baselines(bool of_members = false) {
  std::vector<ModelKind> kinds;
  for (const model::ModelKindInfo& kind : model::kModelKinds) {
    const bool is_wanted = !of_members || kind.options.contains(model::OptionGroup::kMembers);
    if (is_wanted && find_train_kind(kind.kind)->fit != nullptr) kinds.push_back(kind.kind);
  }
  return kinds;
}

TrainOptions baseline_options(ModelKind kind) {
  TrainOptions options{.kind = kind, .threads = 1, .overwrite = true};
  if (model::uses_components(kind)) options.components = 8;
  if (kind == ModelKind::kXgboost) options.preset = Preset::kLibrary;
  return options;
}

class EachBaseline : public testing::TestWithParam<ModelKind> {
 protected:
  void SetUp() override { core::Progress::set_quiet(true); }
  [[nodiscard]] sparse::CsrMatrix test_cells() const {
    store::Loader loader(store_, store::Split::kTest, {.shuffle = false, .threads = 1});
    store::Batch batch;
    EXPECT_TRUE(loader.next(batch));
    return batch.x;
  }
  tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_tiny_store(folder_ / "store");
};

TEST_P(EachBaseline, LeavesAModelThatKnowsTheTypes) {
  const fs::path out = folder_ / "model";
  const TrainResult result = train(store_, baseline_options(GetParam()), out);
  EXPECT_GE(result.best_val_macro_f1, 0.9);

  const auto model = model::Classifier::load(out, {.threads = 1});
  const model::ModelDescription& description = model.description();
  EXPECT_EQ(description.architecture.kind, GetParam());
  EXPECT_EQ(description.genes.ids, store_.genes().ids);
  EXPECT_EQ(description.training["store_hash"], store_.hash());
  EXPECT_NEAR(description.metrics["macro_f1"].get<double>(), result.best_val_macro_f1, 1e-12);
  EXPECT_GE(evaluate::evaluate_model(model, store_, store::Split::kTest).evaluation.corrected.macro_f1, 0.9);

  const sparse::CsrMatrix cells = test_cells();
  const model::Prediction found = model.predict(cells.view());
  ASSERT_EQ(found.probabilities.size(), 60U * 4U);
  EXPECT_EQ(std::ssize(found.embedding), 60 * model::embedding_width(description.architecture));
  for (std::size_t row = 0; row < found.probabilities.size(); row += 4) {
    float sum = 0;
    for (std::size_t type = 0; type < 4; ++type) sum += found.probabilities[row + type];
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_EQ(found.probabilities[row + 3], 0);  // the monocyte, which has no training cells
  }
}

TEST_P(EachBaseline, KnowsWhichTypesItHasNotSeen) {
  const store::Store few = tests::make_tiny_store(folder_ / "few types", {.n_train_types = 2});
  train(few, baseline_options(GetParam()), folder_ / "without");
  const auto model = model::Classifier::load(folder_ / "without", {.threads = 1});
  const auto found = evaluate::evaluate_model(model, few, store::Split::kTest).uncertainty.at(0);
  EXPECT_EQ(found.n_absent, 20);
  EXPECT_EQ(found.n_right + found.n_wrong, 40);
}

TEST_P(EachBaseline, TheSameSeedGivesTheSameBytesOnAnyNumberOfThreads) {
  TrainOptions options = baseline_options(GetParam());
  train(store_, options, folder_ / "one");
  options.threads = 3;
  train(store_, options, folder_ / "three");
  EXPECT_EQ(tests::read_bytes(folder_ / "one" / "model.safetensors"),
            tests::read_bytes(folder_ / "three" / "model.safetensors"));
}

TEST_P(EachBaseline, BatchesAndPlaceDoNotChangeWhatACellIs) {
  train(store_, baseline_options(GetParam()), folder_ / "model");
  const sparse::CsrMatrix cells = test_cells();
  const auto all = model::Classifier::load(folder_ / "model", {.threads = 1}).predict(cells.view());
  sparse::CsrView part = cells.view();
  part.n_cells = 20;
  part.indptr = part.indptr.subspan(13, 21);
  const auto some = model::Classifier::load(folder_ / "model", {.threads = 1, .batch_size = 7}).predict(part);
  ASSERT_EQ(some.probabilities.size(), 80U);
  for (std::size_t i = 0; i < 80; ++i) EXPECT_NEAR(some.probabilities[i], all.probabilities[i + 52], 1e-5);
  sparse::CsrMatrix no_cells;
  no_cells.clear(60);
  const auto none = model::Classifier::load(folder_ / "model", {.threads = 1}).predict(no_cells.view());
  EXPECT_EQ(none.n_cells, 0);
  EXPECT_TRUE(none.probabilities.empty());
}

TEST_P(EachBaseline, AnEnsembleIsTheMeanOfItsMembers) {
  train(store_, baseline_options(GetParam()), folder_ / "model");
  const sparse::CsrMatrix cells = test_cells();
  model::ModelDescription description = model::read_description(folder_ / "model");
  fs::copy_file(folder_ / "model" / "model.safetensors", folder_ / "model" / "member-2.safetensors");
  const auto one = model::Classifier::load(folder_ / "model", {.threads = 1}).predict(cells.view());
  description.members = {"model.safetensors", "member-2.safetensors"};
  model::write_description(folder_ / "model", description);
  const auto two = model::Classifier::load(folder_ / "model", {.threads = 1}).predict(cells.view());
  EXPECT_EQ(two.embedding, one.embedding);
  for (std::size_t i = 0; i < one.probabilities.size(); ++i) {
    EXPECT_NEAR(two.probabilities[i], one.probabilities[i], 1e-7);
  }
}

TEST_P(EachBaseline, AFinishedModelIsReplacedIfThatIsAskedFor) {
  const fs::path out = folder_ / "model";
  TrainOptions options = baseline_options(GetParam());
  train(store_, options, out);
  tests::write_bytes(out / "notes.txt", "mine");
  options.overwrite = false;
  const std::string what = "is a finished model of kind " + std::string(model::name(GetParam()));
  SCTAB_EXPECT_THROW_WITH(train(store_, options, out), core::InputError, what.c_str(), "notes.txt", "--overwrite");
  options.overwrite = true;
  train(store_, options, out);
  EXPECT_EQ(tests::read_bytes(out / "notes.txt"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
}

TEST_P(EachBaseline, RefusesWhatItCannotDo) {
  const fs::path out = folder_ / "model";
  train(store_, baseline_options(GetParam()), out);
  SCTAB_EXPECT_THROW_WITH(model::Classifier::load(out, {.precision = kernels::Precision::kHalf}), core::InputError,
                          "half", "networks");
  // Weights of another kind of model.
  const model::ModelDescription description = model::read_description(out);
  model::ModelArrays other;
  other.add("weight", {2}, {1, 2});
  other.write(out / "model.safetensors");
  model::write_description(out, description);
  SCTAB_EXPECT_THROW_WITH(model::Classifier::load(out), core::InputError, "model.safetensors", "expected");
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachBaseline, testing::ValuesIn(baselines()), [](const auto& case_info) {
  std::string name(model::name(case_info.param));
  std::erase(name, '+');
  return name;
});

class EachBaselineEnsemble : public EachBaseline {
 protected:
  void TearDown() override { core::set_interrupted(false); }
  [[nodiscard]] static TrainOptions options(int members) {
    TrainOptions options = baseline_options(GetParam());
    options.members = members;
    return options;
  }
  [[nodiscard]] static std::string member(int number) { return fmt::format("member-{}.safetensors", number); }
};

TEST_P(EachBaselineEnsemble, EveryMemberIsTheSingleRunOfItsSeed) {
  const fs::path out = folder_ / "model";
  const TrainResult result = train(store_, options(3), out);
  ASSERT_EQ(result.members.size(), 3U);
  EXPECT_GE(result.best_val_macro_f1, 0.9);
  const auto model = model::Classifier::load(out, {.threads = 1});
  EXPECT_EQ(model.description().members, (std::vector<std::string>{member(1), member(2), member(3)}));
  std::vector<model::Prediction> singles;
  const sparse::CsrMatrix cells = test_cells();
  for (int number = 1; number <= 3; ++number) {
    TrainOptions single = options(1);
    single.seed = member_seed(1, number);
    train(store_, single, folder_ / "alone");
    EXPECT_EQ(tests::read_bytes(out / member(number)), tests::read_bytes(folder_ / "alone" / "model.safetensors"));
    EXPECT_EQ(model.description().training["members"][static_cast<std::size_t>(number - 1)]["seed"], single.seed);
    singles.push_back(model::Classifier::load(folder_ / "alone", {.threads = 1}).predict(cells.view()));
  }
  EXPECT_NE(tests::read_bytes(out / member(1)), tests::read_bytes(out / member(2)));
  EXPECT_EQ(model.predict(cells.view()).probabilities, model::mean_prediction(singles).probabilities);
  const auto found = evaluate::evaluate_model(model, store_, store::Split::kTest, {.threads = 1});
  EXPECT_EQ(found.uncertainty.size(), 3U);
  EXPECT_GE(found.evaluation.corrected.macro_f1, 0.9);
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
}

TEST_P(EachBaselineEnsemble, AFinishedMemberIsNotTrainedAgain) {
  const fs::path out = folder_ / "model", run = folder_ / "model.run";
  TrainOptions first = options(2);
  first.after_member = [](int) { core::set_interrupted(true); };
  SCTAB_EXPECT_THROW_WITH(train(store_, first, out), core::Interrupted, "--resume", "model.run");
  core::set_interrupted(false);
  EXPECT_FALSE(fs::exists(out));
  SCTAB_EXPECT_THROW_WITH(train(store_, options(2), out), core::InputError, "model.run", "--resume");
  TrainOptions again = options(2);
  again.resume = true;
  again.seed = 5;
  SCTAB_EXPECT_THROW_WITH(train(store_, again, out), core::InputError, "member-1", "seed was 1 and is now 5");
  again = options(1);
  again.resume = true;
  SCTAB_EXPECT_THROW_WITH(train(store_, again, out), core::InputError, "ensemble", "--members");

  std::vector<int> trained;
  again = options(3);  // it may grow
  again.resume = true;
  again.after_member = [&trained](int number) { trained.push_back(number); };
  train(store_, again, out);
  EXPECT_EQ(trained, (std::vector<int>{2, 3}));
  EXPECT_FALSE(fs::exists(run));
  train(store_, options(3), folder_ / "whole");
  for (int number = 1; number <= 3; ++number) {
    EXPECT_EQ(tests::read_bytes(out / member(number)), tests::read_bytes(folder_ / "whole" / member(number)));
  }
  SCTAB_EXPECT_THROW_WITH(train(store_, again, out), core::InputError, "is finished");
}

TEST_P(EachBaselineEnsemble, OneThatIsCutOffBeforeItsFirstMemberLeavesNothing) {
  core::set_interrupted(true);
  EXPECT_THROW(train(store_, options(2), folder_ / "model"), core::Interrupted);
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
}

/// An ensemble of three that was ended with two members finished.
class UnfinishedEnsemble : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    TrainOptions options = celltypists();
    options.after_member = [](int number) { core::set_interrupted(number == 2); };
    EXPECT_THROW(train(store_, options, out_), core::Interrupted);
    core::set_interrupted(false);
  }
  void TearDown() override { core::set_interrupted(false); }
  static TrainOptions celltypists() {
    TrainOptions options = baseline_options(ModelKind::kCelltypist);
    options.members = 3;
    return options;
  }
  [[nodiscard]] fs::path member(int number) const { return run_ / fmt::format("member-{}", number); }
  void resume(const std::function<void(int)>& after_member = {}) {
    TrainOptions options = celltypists();
    options.resume = true;
    options.after_member = after_member;
    train(store_, options, out_);
  }

  tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_tiny_store(folder_ / "store");
  fs::path out_ = folder_ / "model", run_ = folder_ / "model.run";
};

TEST_F(UnfinishedEnsemble, KeepsTheFinishedMembersThatAreNotTheFirst) {
  fs::remove_all(member(1));
  const auto end_before_it_is_kept = [this](int) {
    fs::remove_all(member(1));
    throw core::Interrupted("interrupted");
  };
  SCTAB_EXPECT_THROW_WITH(resume(end_before_it_is_kept), core::Interrupted, "--resume");
  EXPECT_TRUE(fs::exists(member(2) / "last.safetensors"));
  std::vector<int> trained;
  resume([&trained](int number) { trained.push_back(number); });
  EXPECT_EQ(trained, (std::vector<int>{1, 3}));
}

TEST_F(UnfinishedEnsemble, DamagedWeightsOfAFinishedMemberAreNamed) {
  const fs::path weights = member(2) / "best.safetensors";
  const std::string advice = "remove the folder " + member(2).string();
  const std::string whole = tests::read_bytes(weights);
  std::string changed = whole;
  for (std::size_t i = whole.size() - 64; i < whole.size(); ++i) changed[i] = '\0';
  for (const std::string& bytes : {changed, whole.substr(0, whole.size() - 4), std::string()}) {
    tests::write_bytes(weights, bytes);
    SCTAB_EXPECT_THROW_WITH(resume(), core::InputError, weights.c_str(), "SHA-256", advice.c_str());
  }
  fs::remove(weights);
  SCTAB_EXPECT_THROW_WITH(resume(), core::InputError, weights.c_str(), "is missing", advice.c_str());
  EXPECT_FALSE(fs::exists(out_));
  fs::remove_all(member(2));  // as it says
  resume();
  train(store_, celltypists(), folder_ / "whole");
  EXPECT_EQ(tests::read_bytes(out_ / "member-2.safetensors"),
            tests::read_bytes(folder_ / "whole" / "member-2.safetensors"));
}

TEST_F(UnfinishedEnsemble, AStrangeNoteIsNamed) {
  const fs::path path = member(1) / "last.safetensors";
  const auto bytes = model::ModelArrays::read(path).bytes("baseline");
  const nlohmann::json note = nlohmann::json::parse(bytes.begin(), bytes.end());
  std::string advice = "remove the folder " + member(1).string() + " to";
  const auto refused = [&](const nlohmann::json& other, const char* what) {
    const std::string text = other.dump();
    model::ModelArrays arrays;
    arrays.add_bytes("baseline", {text.begin(), text.end()});
    arrays.write(path);
    SCTAB_EXPECT_THROW_WITH(resume(), core::InputError, path.c_str(), what, advice.c_str());
  };
  for (const char* key : {"weights", "n_components", "seconds", "facts"}) {
    nlohmann::json other = note;
    other.erase(key);
    refused(other, "does not say how the training ended");
  }
  nlohmann::json other = note;
  other["seconds"] = "long";
  refused(other, "does not say how the training ended");
  other = note;
  other["identity"] = 3;
  refused(other, "not a checkpoint of a baseline");
  other.erase("identity");
  refused(other, "not a checkpoint of a baseline");
  other = note;
  other["identity"]["kind"] = "xgboost";
  other["identity"]["components"] = 8;
  advice = "remove the run's folder";
  refused(other, "kind was \"xgboost\" and is now \"celltypist\"");
}

TEST_P(EachBaselineEnsemble, SaysHowEachMemberDoes) {
  const store::Store hard = tests::make_tiny_store(folder_ / "hard", {.own_mean = 0.4});
  const TrainResult result = train(hard, options(2), folder_ / "model");
  const nlohmann::json members = model::read_description(folder_ / "model").training["members"];
  for (int number = 1; number <= 2; ++number) {
    TrainOptions single = options(1);
    single.seed = member_seed(1, number);
    const double alone = train(hard, single, folder_ / "alone").best_val_macro_f1;
    const auto i = static_cast<std::size_t>(number - 1);
    EXPECT_NEAR(result.members[i].best_val_macro_f1, alone, 1e-12);
    EXPECT_NEAR(members[i]["best_val_macro_f1"].get<double>(), alone, 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachBaselineEnsemble, testing::ValuesIn(baselines(true)), [](const auto& case_info) {
  std::string name(model::name(case_info.param));
  std::erase(name, '+');
  return name;
});

TEST(TrainBaseline, GoesOnFromNoNetworksRunAndRefusesMembersOfOneKind) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kCentroid, .members = 2}, folder / "m"), core::InputError,
                          "--members", "centroid");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kCelltypist, .members = 0}, folder / "m"), core::InputError,
                          "--members: 0; expected a whole number from 1 to 1000");
  EXPECT_FALSE(fs::exists(folder / "m.run"));
  fs::create_directory(folder / "m.run");
  model::ModelArrays network;
  network.add("model/weight", {2}, {1, 2});
  network.write(folder / "m.run" / "last.safetensors");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kCentroid, .resume = true}, folder / "m"), core::InputError,
                          "last.safetensors", "not a checkpoint of a baseline", "remove");
  EXPECT_TRUE(fs::exists(folder / "m.run" / "last.safetensors"));
}

TEST(TrainBaseline, RefusesOptionsOfOtherKindsAndEmptyCorpora) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kCentroid, .components = 5}, folder / "m"), core::InputError,
                          "--components", "centroid");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kCelltypist, .preset = Preset::kLibrary}, folder / "m"),
                          core::InputError, "--preset", "xgboost");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kCelltypist, .xgb_rounds = 5}, folder / "m"),
                          core::InputError, "--xgb-rounds", "celltypist");
  SCTAB_EXPECT_THROW_WITH(train(store, {.kind = ModelKind::kPcaLinear, .components = 5000}, folder / "m"),
                          core::InputError, "--components: 5000", "from 1 to 2000");
  const store::Store empty = tests::make_tiny_store(folder / "empty", {.n_cells = {0, 30, 30}});
  SCTAB_EXPECT_THROW_WITH(train(empty, {.kind = ModelKind::kCentroid}, folder / "m"), core::InputError,
                          "empty: no training cells");
  EXPECT_FALSE(fs::exists(folder / "m"));
}

TEST(TrainBaseline, TakesXgboostsOptionsAndGoesOnWithTheSameAlone) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  TrainOptions options = baseline_options(ModelKind::kXgboost);
  options.members = 2;
  options.xgb_rounds = 7;
  options.xgb_eta = 0.5;
  options.xgb_max_depth = 3;
  options.xgb_subsample = 0.9;
  options.after_member = [](int) { core::set_interrupted(true); };
  EXPECT_THROW(train(store, options, folder / "m"), core::Interrupted);
  core::set_interrupted(false);
  options.after_member = {};
  options.resume = true;
  const auto refused = [&](TrainOptions other, const char* what) {
    SCTAB_EXPECT_THROW_WITH(train(store, other, folder / "m"), core::InputError, what);
  };
  TrainOptions other = options;
  other.xgb_rounds = 8;
  refused(other, "rounds was 7 and is now 8");
  other = options;
  other.xgb_eta = 0.25;
  refused(other, "eta was 0.5 and is now 0.25");
  other = options;
  other.xgb_max_depth = {};
  refused(other, "max_depth was 3 and is now 6");
  other = options;
  other.xgb_subsample = {};
  refused(other, "subsample was 0.9 and is now 1");
  const TrainResult result = train(store, options, folder / "m");
  EXPECT_EQ(result.members[1].facts["rounds"], 7);
  EXPECT_EQ(result.members[1].facts["eta"], 0.5);
  EXPECT_EQ(result.members[1].facts["max_depth"], 3);
  EXPECT_EQ(result.members[1].facts["subsample"], 0.9);
}

TEST(TrainBaseline, DoesWithoutValidationCells) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store", {.n_cells = {300, 0, 60}});
  for (const ModelKind kind : baselines()) {
    const TrainResult result = train(store, baseline_options(kind), folder / "model");
    EXPECT_TRUE(std::isnan(result.best_val_macro_f1));
    EXPECT_TRUE(model::read_description(folder / "model").metrics.is_null());
  }
}

}  // namespace
}  // namespace sctab::train
