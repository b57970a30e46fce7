#include "lab/experiments/run_command.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "lab/experiments/benchmark.hpp"
#include "lab/experiments/parsed_recipe.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "support/tiny_store.hpp"

namespace sctab::experiments::tests {
namespace {

namespace fs = std::filesystem;

class Command : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    sctab::tests::make_tiny_store(folder_ / "store");
  }
  void TearDown() override { core::set_interrupted(false); }
  [[nodiscard]] store::Store store() const { return store::Store::open(folder_ / "store"); }
  /// The true labels of the test cells, except the first `n_wrong`, which get another type.
  [[nodiscard]] std::string answers(std::size_t n_wrong, bool with_probability) const {
    const store::Store cells = store();
    const auto& types = cells.tables().cell_types;
    std::string text =
        with_probability ? "row,cell_type_ontology_term_id,probability\n" : "row,cell_type_ontology_term_id\n";
    const std::vector<std::int32_t> truths = cells.obs(store::Split::kTest).column(store::Field::kCellType);
    for (std::size_t row = truths.size(); row-- > 0;) {  // in any order
      const auto type = static_cast<std::size_t>(truths[row]);
      text += std::to_string(row) + "," + (row < n_wrong ? "CL:0000576" : types[type].id);
      if (with_probability) text += row < n_wrong ? ",0.25" : ",0.75";
      text += "\n";
    }
    return text;
  }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  sctab::tests::TemporaryFolder folder_;
};

TEST_F(Command, ItsPlaceholdersAreReplacedAndPathsQuoted) {
  const CommandRun run{.command = "mine {store} {out} {seed} {threads} {seed} {other}",
                       .calls = "/a b/it's.csv",
                       .seed = 7,
                       .threads = 3};
  EXPECT_EQ(filled_in(run, "/the store"), "mine '/the store' '/a b/it'\\''s.csv' 7 3 7 {other}");
}

TEST_F(Command, ItsCallsAreScoredLikeAModels) {
  const auto right = score_calls(write("right.csv", answers(0, true)), store());
  EXPECT_EQ(right.evaluation.corrected.macro_f1, 1);
  EXPECT_EQ(right.evaluation.per_group.size(), 2U);
  const auto some = score_calls(write("some.csv", answers(12, true)), store());
  EXPECT_TRUE(std::abs(some.evaluation.corrected.micro_f1 - 0.8) <= 1e-12) << "12 of 60 are wrong";
  EXPECT_EQ(some.uncertainty.at(0).auc_right_wrong, 1) << "the wrong calls are less probable";
  EXPECT_TRUE(score_calls(write("bare.csv", answers(12, false)), store()).uncertainty.empty());
}

TEST_F(Command, AWrongCsvIsReportedWithItsLine) {
  const std::string good = answers(0, true);
  const std::string head = good.substr(0, good.find('\n') + 1), rest = good.substr(head.size());
  const auto refused = [this](const std::string& text, const char* where, const char* what) {
    SCTAB_EXPECT_THROW_WITH(score_calls(write("bad.csv", text), store()), core::InputError, "bad.csv", where, what);
  };
  refused("", "line 1", "row,cell_type_ontology_term_id");
  refused("cell,label\n", "line 1", "the header 'cell,label'");
  refused(head + "60,CL:0000236,1\n", "line 2", "expected 0 to 59");
  refused(head + "x,CL:0000236,1\n", "line 2", "the row 'x'");
  refused(head + "1,B cell,1\n", "line 2", "a Cell Ontology id");
  refused(head + "1,CL:0000236,1.5\n", "line 2", "expected 0 to 1");
  refused(head + "1,CL:0000236\n", "line 2", "2 fields; expected 3");
  refused(good + "1,CL:0000236,1\n", "line 62", "second time");
  refused(head + rest.substr(rest.find('\n') + 1), "1 of 60 test cells have no line", "the first is row 59");
  EXPECT_NO_THROW(score_calls(write("none.csv", head + "59,,\r\n" + rest.substr(rest.find('\n') + 1)), store()));
}

TEST_F(Command, AFailureQuotesTheCommandsOutput) {
  const auto run = [this](const std::string& command) {
    return run_command({.command = command, .calls = folder_ / "calls.csv"}, store());
  };
  SCTAB_EXPECT_THROW_WITH(run("echo no such gene >&2; exit 3"), core::InputError, "exit code 3", "'no such gene'",
                          ".log");
  EXPECT_TRUE(fs::exists(folder_ / "calls.csv.log"));
  write("calls.csv", answers(0, true));
  SCTAB_EXPECT_THROW_WITH(run("true"), core::InputError, "calls.csv", "not written by", "{out}");
  SCTAB_EXPECT_THROW_WITH(run("kill -9 $$"), core::InputError, "killed by signal 9");
  const fs::path answered = write("answered.csv", answers(0, true));
  EXPECT_EQ(run("cp '" + answered.string() + "' {out}").evaluation.corrected.macro_f1, 1);
  EXPECT_FALSE(fs::exists(folder_ / "calls.csv.log"));
}

TEST_F(Command, AnInterruptEndsIt) {
  const fs::path begun = folder_ / "begun";
  std::thread once_begun([&] {
    while (!fs::exists(begun)) std::this_thread::yield();
    core::set_interrupted(true);
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(
      run_command({.command = "touch '" + begun.string() + "' && sleep 60", .calls = folder_ / "calls.csv"}, store()),
      core::Interrupted);
  once_begun.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(Command, IsAModelOfARecipeLikeAnyOther) {
  const fs::path answered = write("answered.csv", answers(12, true));
  const auto recipe = [&](const std::string& version) {
    return "title = \"t\"\nseeds = [1, 2]\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\n[[model]]\nname = "
           "\"mine\"\n"
           "kind = \"command\"\nversion = \"" +
           version + "\"\ncommand = \"test -d {store} && cp '" + answered.string() +
           "' {out} && test {seed} -gt 0 -a {threads} -eq 1\"\n"
           "[[finding]]\ntext = \"f\"\npaper = \"p\"\nleft = {model = \"mine\"}\nright = {model = \"floor\"}\n";
  };
  std::vector<TrialReport::State> states;
  BenchmarkOptions options;
  options.corpus.store = folder_ / "store";
  options.corpus.threads = 1;
  options.on_trial = [&states](const TrialReport& report) { states.push_back(report.state); };
  const auto run = [&](const std::string& version) {
    states.clear();
    return run_benchmark(RecipeFile(recipe(version)).path(), folder_ / "out", options);
  };
  EXPECT_EQ(run("1").n_failed, 0);
  const auto json = nlohmann::json::parse(std::ifstream(folder_ / "out" / "results.json"));
  const nlohmann::json& mine = json.at("trials").at(1);
  EXPECT_EQ(mine.at("model"), "mine");
  EXPECT_TRUE(std::abs(mine.at("measures").at("micro_f1").get<double>() - 0.8) <= 1e-12);
  EXPECT_EQ(mine.at("measures").at("auc_right_wrong"), 1);
  EXPECT_EQ(mine.at("identity").at("model").at("version"), "1");
  EXPECT_FALSE(fs::exists(folder_ / "out" / "models") && !fs::is_empty(folder_ / "out" / "models"));
  EXPECT_EQ(run("1").n_reused, 4);
  EXPECT_EQ(run("2").n_reused, 2) << "another version is another model";
  SCTAB_EXPECT_THROW_WITH(parse_recipe("title = \"t\"\nseeds = [1]\n[[model]]\nname = \"m\"\nkind = \"command\"\n"
                                       "command = \"mine {store}\"\n"),
                          core::InputError, "line 6", "{out}");
}

}  // namespace
}  // namespace sctab::experiments::tests
