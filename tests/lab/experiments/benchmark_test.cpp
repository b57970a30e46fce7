// Whole runs, on a tiny store: resumed, interrupted, changed, with trials that fail.
#include "lab/experiments/benchmark.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "lab/experiments/parsed_recipe.hpp"
#include "lab/experiments/results.hpp"
#include "lab/experiments/trial.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/resumable_folder.hpp"
#include "support/tiny_store.hpp"

namespace sctab::experiments::tests {
namespace {

namespace fs = std::filesystem;
using State = TrialReport::State;

std::string recipe_text(const std::string& epochs = "8") {
  return "title = \"Tiny\"\ndraws = \"nothing of the paper's\"\nseeds = [1, 2]\n"
         "[[part]]\nname = \"all\"\n[[part]]\nname = \"half\"\nby = \"cells\"\nfraction = 0.5\n"
         "[[model]]\nname = \"linear\"\nkind = \"linear\"\nbatch_size = 32\nlearning_rate = 0.02\nepochs = " +
         epochs +
         "\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\nparts = [\"all\"]\n"
         "[[figure]]\ntitle = \"Models\"\nkind = \"bars\"\n[[figure]]\ntitle = \"Curves\"\nkind = \"curves\"\n"
         "[[finding]]\ntext = \"better than a guess\"\npaper = \"no number\"\nleft = {model = \"linear\"}\nthan = "
         "0.1\n";
}

class Benchmark : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    sctab::tests::make_tiny_store(folder_ / "store");
    options_.corpus.store = folder_ / "store";
    options_.corpus.threads = 1;
    options_.on_trial = [this](const TrialReport& report) { reports_.push_back(report); };
    options_.on_note = [this](const std::string& note) { notes_.push_back(note); };
  }
  void TearDown() override { core::set_interrupted(false); }

  BenchmarkResult run(const std::string& text) {
    reports_.clear();
    notes_.clear();
    return run_benchmark(RecipeFile(text).path(), folder_ / "out", options_);
  }
  [[nodiscard]] std::int64_t count(State state) const {
    return std::ranges::count(reports_, state, &TrialReport::state);
  }
  [[nodiscard]] std::string page() const {
    std::stringstream text;
    text << std::ifstream(folder_ / "out" / "index.html").rdbuf();
    return text.str();
  }

  sctab::tests::TemporaryFolder folder_;
  BenchmarkOptions options_;
  std::vector<TrialReport> reports_;
  std::vector<std::string> notes_;
};

TEST_F(Benchmark, MeasuresEveryTrialOnceAndDrawsThem) {
  const BenchmarkResult result = run(recipe_text());
  EXPECT_EQ(result.n_trials, 6);
  EXPECT_EQ(result.n_failed, 0) << result.first_failure;
  EXPECT_EQ(count(State::kFinished), 6);
  EXPECT_EQ(reports_[0].title, "linear, all, seed 1");
  EXPECT_TRUE(reports_[0].text.starts_with("macro F1 ")) << reports_[0].text;
  // With every seed these types are told apart without a mistake, and a spread of zero proves nothing.
  EXPECT_NE(result.findings.find("not tested: better than a guess"), std::string::npos) << result.findings;
  EXPECT_NE(page().find("Curves"), std::string::npos);
  for (const char* left_over : {"models", "part"}) {
    const fs::path path = folder_ / "out" / left_over;
    EXPECT_TRUE(!fs::exists(path) || fs::is_empty(path)) << path;
  }
  const auto json = nlohmann::json::parse(std::ifstream(folder_ / "out" / "results.json"));
  const nlohmann::json& trial = json.at("trials").at(0);
  EXPECT_GE(trial.at("measures").at("macro_f1"), 0.8);
  EXPECT_EQ(trial.at("measures").at("n_train_cells"), 300);
  EXPECT_EQ(trial.at("identity").at("seed"), 1);
  EXPECT_EQ(trial.at("measures").at("n_parameters"), 60 * 4 + 4);
  EXPECT_EQ(trial.at("curve").size(), trial.at("measures").at("epochs"));
  const std::size_t best = trial.at("measures").at("best_epoch").get<std::size_t>() - 1;
  EXPECT_EQ(trial.at("measures").at("val_loss"), trial.at("curve").at(best).at("val_loss"));
  EXPECT_GT(trial.at("measures").at("train_loss"), 0);
  EXPECT_EQ(trial.at("per_tissue").size(), 2U);
  EXPECT_EQ(trial.at("per_type").at(0).at("n_train"), 100);
  EXPECT_EQ(json.at("trials").back().at("measures").at("n_train_cells"), 150);

  run(recipe_text());
  EXPECT_EQ(count(State::kReused), 6) << "nothing is computed twice";
  EXPECT_TRUE(notes_.empty());
}

TEST_F(Benchmark, AChangedRecipeIsNoticedAndAnEarlierOneFindsItsResults) {
  run(recipe_text("2"));
  run(recipe_text("3"));
  EXPECT_EQ(count(State::kFinished), 4);
  EXPECT_EQ(count(State::kReused), 2) << "the floor did not change";
  ASSERT_EQ(notes_.size(), 1U);
  for (const char* part : {"4 of 6", "linear, all, seed 1", "model.epochs: 2 became 3"}) {
    EXPECT_NE(notes_[0].find(part), std::string::npos) << notes_[0];
  }
  run(recipe_text("2"));
  EXPECT_EQ(count(State::kReused), 6);
}

TEST_F(Benchmark, ADamagedResultIsSetAsideAndComputedAgain) {
  run(recipe_text("2"));
  const auto file = [this](const std::string& begin) {
    for (const auto& entry : fs::directory_iterator(folder_ / "out" / "trials")) {
      if (entry.path().filename().string().starts_with(begin)) return entry.path();
    }
    return fs::path();
  };
  const fs::path cut = file("linear.all.seed-1.");
  fs::resize_file(cut, fs::file_size(cut) / 2);
  fs::copy_file(file("floor.all.seed-1."), file("floor.all.seed-2."), fs::copy_options::overwrite_existing);
  std::ofstream(folder_ / "out" / "trials" / "linear.half.seed-1.of-mine.json") << "no JSON";
  EXPECT_EQ(run(recipe_text("2")).n_failed, 0);
  EXPECT_EQ(count(State::kReused), 4);
  EXPECT_EQ(count(State::kFinished), 2);
  ASSERT_EQ(notes_.size(), 3U);
  EXPECT_NE(notes_[0].find("of-mine.json: ignored: it cannot be read"), std::string::npos) << notes_[0];
  EXPECT_NE(notes_[1].find(cut.string() + ": it is cut off"), std::string::npos) << notes_[1];
  EXPECT_NE(notes_[1].find("renamed to " + cut.filename().string() + ".set-aside"), std::string::npos) << notes_[1];
  EXPECT_NE(notes_[2].find("another trial's result (seed: 1 became 2)"), std::string::npos) << notes_[2];
  EXPECT_TRUE(fs::exists(cut.string() + ".set-aside"));
  fs::remove(folder_ / "out" / "trials" / "linear.half.seed-1.of-mine.json");
  run(recipe_text("2"));
  EXPECT_EQ(count(State::kReused), 6);
  EXPECT_TRUE(notes_.empty()) << notes_[0];
}

TEST_F(Benchmark, AMeasureThatNoTrialHasIsReportedInsteadOfAnEmptyFigure) {
  const BenchmarkResult result =
      run(recipe_text("2") + "[[figure]]\ntitle = \"Lungs\"\nkind = \"bars\"\nmeasure = \"tissue:lung\"\n");
  EXPECT_EQ(result.n_failed, 0);
  ASSERT_EQ(notes_.size(), 1U);
  for (const char* part : {"figure 'Lungs'", "'tissue:lung'", "try tissue:tissue_general 0"}) {
    EXPECT_NE(notes_[0].find(part), std::string::npos) << notes_[0];
  }
  EXPECT_NE(page().find("Not measured"), std::string::npos);
}

TEST_F(Benchmark, AReportAloneComputesNothingAndNeedsNoStore) {
  run(recipe_text("2"));
  const std::string renamed = recipe_text("2") + "[[figure]]\ntitle = \"Again\"\nkind = \"tissues\"\n";
  fs::remove(folder_ / "out" / "index.html");
  fs::remove_all(folder_ / "store");
  options_.corpus.store.clear();
  options_.report_only = true;
  const BenchmarkResult result = run(renamed);
  EXPECT_EQ(count(State::kReused), 6);
  EXPECT_EQ(result.n_missing, 0);
  EXPECT_NE(page().find("Again"), std::string::npos);

  options_.seeds = {2, 3};
  EXPECT_EQ(run(renamed).n_missing, 3);
  EXPECT_EQ(count(State::kMissing), 3) << "seed 3";
  EXPECT_EQ(count(State::kReused), 3);
  options_.seeds = {3};
  SCTAB_EXPECT_THROW_WITH(run(renamed), core::InputError, "none of this recipe's trials (3)", "--report-only");
}

TEST_F(Benchmark, AReportAloneLeavesDamagedFilesWhereTheyAre) {
  run(recipe_text("2"));
  const fs::path trials = folder_ / "out" / "trials";
  for (const auto& entry : fs::directory_iterator(trials)) {
    if (entry.path().filename().string().starts_with("floor.all.seed-1.")) std::ofstream(entry.path()) << "{";
  }
  const auto n_files = std::distance(fs::directory_iterator(trials), fs::directory_iterator());
  options_.report_only = true;
  EXPECT_EQ(run(recipe_text("2")).n_missing, 1);
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_NE(notes_[0].find("ignored: it is cut off or not JSON"), std::string::npos) << notes_[0];
  EXPECT_EQ(std::distance(fs::directory_iterator(trials), fs::directory_iterator()), n_files);
}

TEST_F(Benchmark, AReportAloneNeedsARun) {
  options_.report_only = true;
  SCTAB_EXPECT_THROW_WITH(run(recipe_text("2")), core::InputError, "none of this recipe's trials (6)");
  options_.corpus.store.clear();
  SCTAB_EXPECT_THROW_WITH(run(recipe_text("2")), core::InputError, "no benchmark run", "--report-only");
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Benchmark, ContinuesAfterAnInterrupt) {
  options_.on_trial = [this](const TrialReport& report) {
    reports_.push_back(report);
    if (reports_.size() == 2) core::set_interrupted(true);
  };
  SCTAB_EXPECT_THROW_WITH(run(recipe_text("2")), core::Interrupted, "2 of 6 trials are done");
  core::set_interrupted(false);
  options_.on_trial = [this](const TrialReport& report) { reports_.push_back(report); };
  run(recipe_text("2"));
  EXPECT_EQ(count(State::kReused), 2);
  EXPECT_EQ(count(State::kFinished), 4);
}

TEST_F(Benchmark, ContinuesAnInterruptedBaseline) {
  run("title = \"t\"\nseeds = [1]\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\n");
  const std::string text = "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"c\"\nkind = \"celltypist\"\nmembers = 2\n";
  const Recipe recipe = parse_recipe(text);
  const store::Store store = store::Store::open(folder_ / "store");
  const TrialFolder trials(folder_ / "out" / "trials", {store.hash(), kernels::Device::kCpu});
  train::TrainOptions training{.kind = model::ModelKind::kCelltypist, .members = 2, .threads = 1};
  training.after_member = [](int) { core::set_interrupted(true); };
  const fs::path model = folder_ / "out" / "models" / trials.file(expand(recipe).front()).stem();
  fs::create_directories(model.parent_path());
  EXPECT_THROW(train::train(store, training, model), core::Interrupted);
  core::set_interrupted(false);
  ASSERT_TRUE(fs::exists(model.string() + ".run"));
  const BenchmarkResult result = run(text);
  EXPECT_EQ(result.n_failed, 0) << result.first_failure;
  const auto json = nlohmann::json::parse(std::ifstream(folder_ / "out" / "results.json"));
  EXPECT_EQ(json.at("trials").at(0).at("members").size(), 2U);
  EXPECT_TRUE(fs::is_empty(folder_ / "out" / "models"));
}

TEST_F(Benchmark, AnotherTrainingsRunFolderDoesNotBlockATrial) {
  const std::string text = "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"c\"\nkind = \"celltypist\"\n";
  const Recipe recipe = parse_recipe(text);
  const store::Store store = store::Store::open(folder_ / "store");
  const TrialFolder trials(folder_ / "out" / "trials", {store.hash(), kernels::Device::kCpu});
  const fs::path model = folder_ / "out" / "models" / trials.file(expand(recipe).front()).stem();
  fs::create_directories(model.parent_path());
  std::ofstream(folder_ / "out" / "benchmark.json") << "{}";
  train::TrainOptions training{.kind = model::ModelKind::kCelltypist, .members = 1, .seed = 9, .threads = 1};
  training.after_member = [](int) { core::set_interrupted(true); };
  EXPECT_THROW(train::train(store, training, model), core::Interrupted);
  core::set_interrupted(false);
  ASSERT_TRUE(fs::exists(model.string() + ".run"));
  const BenchmarkResult result = run(text);
  EXPECT_EQ(result.n_failed, 0) << result.first_failure;
  EXPECT_TRUE(fs::is_empty(folder_ / "out" / "models"));
}

TEST_F(Benchmark, TwoRunsInOneFolderAtOnceAreRefused) {
  run(recipe_text("2"));
  const core::FolderLock other(folder_ / "out", "benchmark");
  SCTAB_EXPECT_THROW_WITH(run(recipe_text("2")), core::InputError, "out", "another benchmark is at work there");
  options_.report_only = true;
  EXPECT_EQ(run(recipe_text("2")).n_missing, 0) << "reading harms nothing";
}

TEST_F(Benchmark, AReportCountsResultsFromTrialsOfOtherNames) {
  const std::string text = "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\n";
  run(text);
  options_.report_only = true;
  run("title = \"t\"\nseeds = [1]\n[[model]]\nname = \"ground\"\nkind = \"centroid\"\n");
  EXPECT_EQ(count(State::kReused), 1);
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_NE(notes_[0].find("results from trials whose model or part had another name: 1 of 1"), std::string::npos)
      << notes_[0];
  EXPECT_NE(page().find(notes_[0]), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(std::ifstream(folder_ / "out" / "results.json")).at("notes").at(0), notes_[0]);
}

TEST_F(Benchmark, ModelsWithSimilarNamesAndEqualSettingsAreBothInTheTables) {
  const std::string recipe =
      "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"A b\"\nkind = \"centroid\"\n"
      "[[model]]\nname = \"A-b\"\nkind = \"centroid\"\n";
  const BenchmarkResult result = run(recipe);
  EXPECT_EQ(result.n_failed, 0) << result.first_failure;
  for (const char* name : {"A b", "A-b"}) EXPECT_NE(result.summary.find(name), std::string::npos) << result.summary;
}

// The tiny store has one training donor, and augmentation needs two.
TEST_F(Benchmark, AFailedTrialIsReportedAndTheOthersRun) {
  const BenchmarkResult result =
      run(recipe_text("2") + "[[model]]\nname = \"moved\"\nkind = \"linear\"\naugment = true\n");
  EXPECT_EQ(result.n_failed, 4);
  EXPECT_EQ(count(State::kFinished), 6);
  EXPECT_TRUE(result.first_failure.starts_with("moved, all, seed 1: ")) << result.first_failure;
  EXPECT_NE(result.first_failure.find("donor"), std::string::npos) << result.first_failure;
  const auto expect_reported = [this](const char* form) {
    for (const char* text : {"This run", "recipe.toml", "300 cells from ", "6 of 10 finished; 4 failed", form,
                             "moved, half, seed 2", "training cells from two donors"}) {
      EXPECT_NE(page().find(text), std::string::npos) << text;
    }
    const auto run = nlohmann::json::parse(std::ifstream(folder_ / "out" / "results.json")).at("run");
    EXPECT_EQ(run.at("n_trials"), 10);
    EXPECT_EQ(run.at("n_finished"), 6);
    EXPECT_EQ(run.at("device"), "cpu");
    EXPECT_EQ(run.at("store"), describe_store(store::Store::open(folder_ / "store")));
    ASSERT_EQ(run.at("failed").size(), 4U);
    EXPECT_EQ(run.at("failed").at(0).at("trial"), "moved, all, seed 1");
    EXPECT_NE(run.at("failed").at(0).at("reason").get<std::string>().find("donor"), std::string::npos);
  };
  expect_reported("full form");
  options_.report_only = true;
  options_.corpus.store.clear();
  const BenchmarkResult report =
      run(recipe_text("2") + "[[model]]\nname = \"moved\"\nkind = \"linear\"\naugment = true\n");
  EXPECT_EQ(report.n_missing, 4);
  EXPECT_TRUE(reports_[2].text.starts_with("failed: ")) << reports_[2].text;
  expect_reported("full form");
}

/// A floor on simulated cells.
std::string simulated(const std::string& cells) {
  return "title = \"t\"\nseeds = [1]\n[corpus]\nmin_cells = 1\nmin_donors = 1\nmin_ancestors = 0\n"
         "[corpus.simulate]\ncells = " +
         cells + "\ndonors = 8\ntypes = 4\ngenes = 200\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\n";
}

TEST_F(Benchmark, ASimulatedCorpusIsBuiltOnceAndAgainWhereItChanged) {
  options_.corpus.store.clear();
  EXPECT_EQ(run(simulated("600")).n_failed, 0);
  const auto made = fs::last_write_time(folder_ / "out" / "store" / "store.json");
  run(simulated("600"));
  EXPECT_EQ(count(State::kReused), 1);
  EXPECT_EQ(fs::last_write_time(folder_ / "out" / "store" / "store.json"), made);
  run(simulated("700"));
  EXPECT_EQ(count(State::kFinished), 1);
  EXPECT_EQ(notes_.size(), 1U) << "the store has changed";
}

/// What is measured is what a recipe may ask for.
void expect_may_measure(const Recipe& recipe, const nlohmann::json& trials) {
  for (const nlohmann::json& trial : trials) {
    for (const ModelSpec& model : recipe.models) {
      if (model.name != trial.at("model")) continue;
      for (const auto& [measure, value] : trial.at("measures").items()) {
        EXPECT_TRUE(may_measure(model, measure)) << model.name << ": " << measure;
      }
      for (const auto& one : trial.value("members", nlohmann::json::array())) {
        for (const auto& [score, value] : one.items()) {
          EXPECT_TRUE(score == "members" || may_measure(model, score + "@1")) << score;
        }
      }
    }
  }
}

TEST_F(Benchmark, RunsEachKindOfTrial) {
  options_.corpus.store.clear();
  run(simulated("600"));
  options_.corpus.store = folder_ / "out" / "store";
  options_.keep_models = true;
  const store::Store store = store::Store::open(options_.corpus.store);
  const std::string left_out = store.tables().cell_types.front().id;
  const std::string kinds =
      "title = \"Kinds\"\nseeds = [1]\n[[part]]\nname = \"half\"\nby = \"donors\"\nfraction = 0.5\n"
      "[[part]]\nname = \"without one\"\nwithout_types = [\"" +
      left_out +
      "\"]\n"
      "[[model]]\nname = \"moved\"\nkind = \"linear\"\nepochs = 2\nbatch_size = 16\naugment = true\nmembers = 2\n"
      "[[model]]\nname = \"loader\"\nkind = \"loader\"\nthreads = 1\nrows_per_block = 1\ncold = true\n"
      "[[model]]\nname = \"floor\"\nkind = \"centroid\"\nparts = [\"half\"]\n"
      "[[model]]\nname = \"mixed\"\nkind = \"mixed\"\nepochs = 1\nmembers = 1\nparts = [\"half\"]\n"
      "[[figure]]\ntitle = \"Members\"\nkind = \"members\"\nmeasure = \"auc_right_wrong\"\n"
      "[[figure]]\ntitle = \"Rates\"\nkind = \"bars\"\nmeasure = \"cells_per_second\"\n";
  const BenchmarkResult result = run(kinds);
  EXPECT_EQ(result.n_failed, 0) << result.first_failure;
  const auto trials = nlohmann::json::parse(std::ifstream(folder_ / "out" / "results.json")).at("trials");
  ASSERT_EQ(trials.size(), 6U);
  expect_may_measure(parse_recipe(kinds), trials);
  EXPECT_EQ(trials[0].at("members").size(), 2U);
  const auto n_types = static_cast<std::int64_t>(store.tables().cell_types.size());
  EXPECT_EQ(trials[0].at("measures").at("n_parameters"), 2 * (200 + 1) * n_types) << "two linear networks";
  EXPECT_FALSE(trials[0].at("measures").contains("cells_per_second")) << "unknown for an ensemble";
  EXPECT_GT(trials[0].at("measures").at("n_train_donors"), 1);
  EXPECT_GT(trials[1].at("measures").at("cells_per_second"), 0);
  EXPECT_FALSE(trials[1].at("measures").contains("macro_f1"));
  EXPECT_GT(trials[3].at("measures").at("n_parameters"), trials[0].at("measures").at("n_parameters"));
  EXPECT_LT(trials[4].at("measures").at("n_train_types"), store.tables().cell_types.size());
  EXPECT_TRUE(trials[4].at("measures").at("auc_known_absent").is_number());
  EXPECT_TRUE(trials[0].at("types_lost").is_array()) << "of a part";
  std::size_t n_models = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "out" / "models")) {
    EXPECT_TRUE(fs::exists(entry.path() / "config.json")) << "a left-over: " << entry.path();
    ++n_models;
  }
  EXPECT_EQ(n_models, 4U);
}

TEST_F(Benchmark, SeedsCanBeGiven) {
  options_.seeds = {7};
  run(recipe_text("2"));
  ASSERT_EQ(reports_.size(), 3U);
  EXPECT_EQ(reports_[0].title, "linear, all, seed 7");
  options_.seeds = {1, 2, 2};
  SCTAB_EXPECT_THROW_WITH(run(recipe_text("2")), core::InputError, "--seeds", "each once");
}

TEST_F(Benchmark, AMissingDeviceIsRefusedBeforeAnyTrial) {
  try {
    static_cast<void>(kernels::backend(kernels::Device::kCuda));
    GTEST_SKIP() << "there is one";
  } catch (const core::InputError&) {
    options_.device = kernels::Device::kCuda;
  }
  EXPECT_THROW(run(recipe_text("2")), core::InputError);
  EXPECT_TRUE(reports_.empty());
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Benchmark, APartThatTheStoreCannotProvideIsRefusedBeforeAnyTrial) {
  const auto with_part = [](const std::string& key) {
    return recipe_text("2") + "[[part]]\nname = \"of the moon\"\n" + key + "\n";
  };
  SCTAB_EXPECT_THROW_WITH(run(with_part("only_tissues = [\"moon\"]")), core::InputError,
                          "recipe.toml: part 'of the moon'", "only-tissues moon", "tissue_general 0");
  SCTAB_EXPECT_THROW_WITH(run(with_part("without_types = [\"CL:9999999\"]")), core::InputError,
                          "recipe.toml: part 'of the moon'", "CL:9999999");
  EXPECT_TRUE(reports_.empty());
}

TEST_F(Benchmark, WhatItCannotRunOnIsRefused) {
  options_.corpus.store.clear();
  SCTAB_EXPECT_THROW_WITH(run(recipe_text()), core::InputError, "--store", "[corpus]", "corpus build");
  const std::string sources = recipe_text() + "[corpus]\nsources = [\"cells/a.h5ad\"]\n";
  SCTAB_EXPECT_THROW_WITH(run(sources), core::InputError, "--data");
  options_.corpus.data = folder_.path();
  SCTAB_EXPECT_THROW_WITH(run(sources), core::InputError, "cells/a.h5ad", "no such file", "--data");
  fs::create_directory(folder_ / "mine");
  std::ofstream(folder_ / "mine" / "thesis.txt") << "text";
  SCTAB_EXPECT_THROW_WITH(run_benchmark(RecipeFile(recipe_text()).path(), folder_ / "mine", options_), core::InputError,
                          "mine");
}

}  // namespace
}  // namespace sctab::experiments::tests
