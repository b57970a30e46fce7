// The benchmark through the program: a recipe run, run again, and the messages about mistakes.
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

constexpr const char* kRecipe =
    "title = \"Floor\"\nseeds = [1, 2]\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\n"
    "[[model]]\nname = \"linear\"\nkind = \"linear\"\nepochs = 3\n"
    "[[figure]]\ntitle = \"Models\"\nkind = \"bars\"\n"
    "[[finding]]\ntext = \"linear is no worse than a guess\"\npaper = \"none\"\nleft = {model = \"linear\"}\nthan = "
    "0.1\n"
    "[small]\nseeds = [3]\n";

class BenchmarkCommand : public testing::Test {
 protected:
  BenchmarkCommand() { write(kRecipe); }
  void write(const std::string& text) const { std::ofstream(folder_ / "recipe.toml") << text; }
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "benchmark", (folder_ / "recipe.toml").string(),      "-o",        (folder_ / "out").string(),
        "--store",   TrainedModel::instance().store.string(), "--threads", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  TemporaryFolder folder_;
};

TEST_F(BenchmarkCommand, SaysALineATrialAndEndsInTablesAndAPage) {
  const Finished first = run_sctab(command());
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.err, "") << "no chatter of the trainings";
  for (const char* text : {"[1/4] floor, all, seed 1: macro F1 ", "[4/4] linear, all, seed 2: macro F1 ",
                           "linear is no worse", "paper: none", "index.html"}) {
    EXPECT_NE(first.out.find(text), std::string::npos) << text << "\n" << first.out;
  }
  for (const char* name : {"trials.csv", "summary.csv", "welch.csv", "results.json", "index.html"}) {
    EXPECT_TRUE(fs::exists(folder_ / "out" / name)) << name;
  }
  const Finished again = run_sctab(command({"--json"}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("[1/4] floor, all, seed 1 (from an earlier run): "), std::string::npos) << again.err;
  EXPECT_EQ(nlohmann::json::parse(again.out).at("trials").size(), 4U);
  const Finished report = run_sctab(command({"--report-only", "--seeds", "1", "4"}));
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_NE(report.out.find("[1/4] floor, all, seed 1 (from an earlier run): "), std::string::npos) << report.out;
  EXPECT_NE(report.out.find("[3/4] floor, all, seed 4: not finished"), std::string::npos) << report.out;
  EXPECT_NE(report.err.find("2 of 4 trials are not finished"), std::string::npos) << report.err;
  EXPECT_NE(run_sctab(command({"--small"})).out.find("[1/2] floor, all, seed 3"), std::string::npos);
}

TEST_F(BenchmarkCommand, AFailedTrialIsNamedAndTheExitCodeTells) {
  write(std::string(kRecipe) +
        "[[part]]\nname = \"all\"\n[[part]]\nname = \"one donor\"\nby = \"donors\"\nfraction = 0.001\n"
        "[[model]]\nname = \"moved\"\nkind = \"linear\"\naugment = true\nparts = [\"one donor\"]\n");
  const Finished finished = run_sctab(command());
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.out.find("moved, one donor, seed 1 failed: "), std::string::npos) << finished.out;
  EXPECT_NE(finished.err.find("2 of 10 trials failed"), std::string::npos) << finished.err;
  EXPECT_TRUE(fs::exists(folder_ / "out" / "index.html"));
}

TEST_F(BenchmarkCommand, MistakesInARecipeAreNamed) {
  write(std::string("n_seeds = 3\n") + kRecipe);
  expect_refused(command(), folder_.path(), {"recipe.toml, line 1: n_seeds: not a known key", "seeds"});
  write("title = ");
  expect_refused(command(), folder_.path(), {"recipe.toml, line 1: not valid TOML"});
}

TEST_F(BenchmarkCommand, AReportTakesNoOptionOfComputing) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--keep-models"}, {"--data", "here"}, {"--memory", "1GB"}}) {
    std::vector<std::string> arguments = command({"--report-only"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(arguments, folder_.path(), {"excludes", "--report-only", more.front()});
  }
}

}  // namespace
}  // namespace sctab::tests
