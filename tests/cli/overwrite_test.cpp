// Commands that write a folder, over a finished one: refused, unless --overwrite is given.
#include <nlohmann/json.hpp>

#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

class Overwrite : public testing::Test {
 protected:
  /// Runs the command, again, and again with --overwrite. description: what the refusal calls its output.
  void expect_asked_for(std::vector<std::string> command, const std::string& description) {
    command.insert(command.end(), {"-o", out_.string(), "--threads", "1"});
    run(command);
    const auto first = contents(out_);
    write_bytes(out_ / "notes.txt", "mine");
    expect_refused(command, folder_.path(),
                   {out_.string() + ": is a finished " + description, "notes.txt", "--overwrite"});
    command.emplace_back("--overwrite");
    run(command);
    auto second = contents(out_);
    EXPECT_EQ(second[(out_ / "notes.txt").string()], "mine");
    second.erase((out_ / "notes.txt").string());
    EXPECT_EQ(names_of(second), names_of(first));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1) << "nothing is left next to it";
  }
  static std::vector<std::string> names_of(const std::map<std::string, std::string>& files) {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return names;
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
  fs::path out_ = folder_ / "out";
};

TEST_F(Overwrite, IsAskedForByTrain) {
  expect_asked_for({"train", trained_.store.string(), "--kind", "linear", "--epochs", "1"},
                   "model of kind linear, trained on ");
}

TEST_F(Overwrite, IsAskedForByTrainOfABaseline) {
  expect_asked_for({"train", trained_.store.string(), "--kind", "centroid"}, "model of kind centroid, trained on ");
}

TEST_F(Overwrite, IsAskedForByPca) {
  expect_asked_for({"pca", trained_.store.string(), "--components", "3"}, "result of pca: 3 components of store");
}

TEST_F(Overwrite, IsAskedForBySubsample) {
  expect_asked_for({"corpus", "subsample", trained_.store.string(), "--fraction", "0.5"}, "store of ");
}

TEST_F(Overwrite, IsAskedForBySimulate) {
  expect_asked_for({"simulate", "--cells", "300", "--n-genes", "100", "--types", "3", "--donors", "4"},
                   "simulation of 300 cells with seed 1");
}

TEST_F(Overwrite, IsAskedForByBuild) {
  auto build = build_arguments(trained_.source, out_, trained_.ontology);
  run(build);
  expect_refused(build, folder_.path(), {"is a finished store of 600 cells of 3 types", "--overwrite"});
  build.emplace_back("--overwrite");
  run(build);
}

}  // namespace
}  // namespace sctab::tests
