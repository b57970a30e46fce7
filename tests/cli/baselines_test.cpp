#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {

using nlohmann::json;

json must_print_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const Finished finished = run_sctab(arguments);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return json::parse(finished.out);
}

TEST(Baselines, TrainEvaluateAndAnnotateAsNetworksDo) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  for (const std::string kind : {"centroid", "celltypist", "pca+linear", "xgboost", "knn"}) {
    const std::string model = (folder / kind).string(), out = (folder / "out.h5ad").string();
    std::vector<std::string> train = {"train", trained.store.string(), "-o", model, "--kind", kind, "--threads", "1"};
    if (kind == "xgboost")
      train.insert(train.end(), {"--preset", "library", "--components", "10", "--xgb-rounds", "40"});
    const json result = must_print_json(train);
    EXPECT_EQ(result["kind"], kind);
    EXPECT_EQ(result["seed"], 1);
    EXPECT_GE(must_print_json({"evaluate", trained.store.string(), "-m", model})["macro_f1"].get<double>(), 0.9)
        << kind;
    EXPECT_EQ(must_print_json({"annotate", trained.source.string(), "-m", model, "-o", out})["cells"], 600) << kind;
    EXPECT_EQ(must_print_json({"models", "show", model})["architecture"]["kind"], kind);
  }
}

TEST(Baselines, AreMembersOfEnsembles) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  const std::string model = (folder / "model").string(), out = (folder / "out.h5ad").string();
  const json result = must_print_json({"train", trained.store.string(), "-o", model, "--kind", "celltypist",
                                       "--members", "2", "--threads", "1", "--resume"});
  ASSERT_EQ(result["members"].size(), 2U);
  EXPECT_EQ(result["members"][0]["seed"], 1);
  EXPECT_GE(result["members"][1]["best_val_macro_f1"].get<double>(), 0.5);
  EXPECT_EQ(must_print_json({"evaluate", trained.store.string(), "-m", model})["uncertainty"].size(), 2U);
  EXPECT_EQ(must_print_json({"annotate", trained.source.string(), "-m", model, "-o", out})["cells"], 600);
  EXPECT_EQ(must_print_json({"models", "show", model})["members"].size(), 2U);
}

TEST(Baselines, RefuseOptionsThatWouldBeWithoutEffect) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  const std::string store = trained.store.string(), model = (folder / "model").string();
  const auto train = [&](const std::string& kind, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"train", store, "-o", model, "--kind", kind};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_refused(train("centroid", {"--n-d", "8"}), folder.path(), {"--n-d", "centroid"});
  expect_refused(train("celltypist", {"--epochs", "3"}), folder.path(), {"--epochs", "celltypist"});
  expect_refused(train("centroid", {"--members", "2"}), folder.path(), {"--members", "centroid"});
  expect_refused(train("centroid", {"--components", "3"}), folder.path(), {"--components", "centroid"});
  expect_refused(train("centroid", {"--preset", "paper"}), folder.path(), {"--preset", "centroid"});
  expect_refused(train("pca+linear", {"--preset", "paper"}), folder.path(), {"--preset", "pca+linear"});
  expect_refused(train("pca+linear", {"--components", "5000"}), folder.path(), {"--components: 5000", "2000"});
  expect_refused(train("celltypist", {"--xgb-rounds", "3"}), folder.path(), {"--xgb-rounds", "xgboost", "celltypist"});
  expect_refused(train("tabnet", {"--xgb-max-depth", "3"}), folder.path(), {"--xgb-max-depth", "tabnet"});
  expect_refused(train("xgboost", {"--xgb-eta", "2"}), folder.path(), {"--xgb-eta: 2"});
  expect_refused(train("linear", {"--components", "3"}), folder.path(), {"--components", "linear"});
  expect_refused(train("mlp", {"--preset", "library"}), folder.path(), {"--preset", "xgboost"});
}

TEST(Pca, WritesAFolder) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  const json result =
      must_print_json({"pca", trained.store.string(), "-o", (folder / "pca").string(), "--components", "5"});
  EXPECT_EQ(result["n_components"], 5);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "pca" / "train.npy"));
  expect_refused({"pca", trained.store.string(), "-o", trained.store.string()}, folder.path(), {"store"});
}

}  // namespace
}  // namespace sctab::tests
