#include "lab/experiments/tables.hpp"

#include <gtest/gtest.h>

#include <string>

#include "lab/experiments/parsed_recipe.hpp"
#include "support/bytes.hpp"

namespace sctab::experiments::tests {
namespace {

Recipe two_models() {
  return parse_recipe(
      "title = \"t\"\nseeds = [1, 2]\n[[model]]\nname = \"a, \\\"b\\\"\"\nkind = \"linear\"\n[[model]]\nname = \"c\"\n"
      "kind = \"centroid\"\n[[finding]]\ntext = \"f\"\npaper = \"p\"\nleft = {model = \"c\"}\nthan = 0.5\n");
}

TEST(Tables, MeansSpreadsAndTestsOverSeeds) {
  const Recipe recipe = two_models();
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2}) {
    results.add(trial_json("a, \"b\"", "all", seed, 0.5 + 0.1 * static_cast<double>(seed)));
  }
  results.add(trial_json("c", "all", 1, 0.25));
  const charts::Table summary = summary_table(results);
  EXPECT_EQ(summary.columns, (std::vector<std::string>{"model", "part", "seeds", "macro_f1", "seconds"}));
  EXPECT_EQ(summary.rows[0], (std::vector<std::string>{"a, \"b\"", "all", "2", "0.650 ± 0.071", "2.5 ± 0.0"}));
  EXPECT_EQ(summary.rows[1], (std::vector<std::string>{"c", "all", "1", "0.250", "2.5"})) << "one seed has no spread";
  const charts::Table welch = welch_table(results);
  ASSERT_EQ(welch.rows.size(), 1U);
  EXPECT_EQ(welch.rows[0],
            (std::vector<std::string>{"macro_f1", "a, \"b\"", "all", "c", "all", "2", "1", "0.4", "-", "-", "-", "-"}));
}

TEST(Tables, AreWrittenForMachines) {
  const sctab::tests::TemporaryFolder folder;
  const Recipe recipe = two_models();
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2}) results.add(trial_json("a, \"b\"", "all", seed, 0.5));
  write_tables(folder.path(), results, check_findings(results), {"a note"});
  EXPECT_EQ(sctab::tests::read_bytes(folder / "trials.csv"),
            "model,part,seed,macro_f1,seconds\n\"a, \"\"b\"\"\",all,1,0.5,2.5\n\"a, \"\"b\"\"\",all,2,0.5,2.5\n");
  EXPECT_EQ(sctab::tests::read_bytes(folder / "summary.csv"),
            "model,part,measure,seeds,mean,standard_deviation\n\"a, \"\"b\"\"\",all,macro_f1,2,0.5,0\n"
            "\"a, \"\"b\"\"\",all,seconds,2,2.5,0\n");
  for (const char* name : {"tissues.csv", "types.csv", "welch.csv", "findings.csv"}) {
    EXPECT_FALSE(sctab::tests::read_bytes(folder / name).empty()) << name;
  }
  const auto json = nlohmann::json::parse(sctab::tests::read_bytes(folder / "results.json"));
  EXPECT_EQ(json.at("trials").size(), 2U);
  EXPECT_EQ(json.at("not_measured").at(0), "a note");
  EXPECT_EQ(json.at("findings").at(0).at("verdict"), "not tested");
  EXPECT_EQ(json.at("findings").at(0).at("test"), "one-sample t-test");
  EXPECT_EQ(json.at("findings").at(0).at("n"), nlohmann::json::parse("[0]"));
  EXPECT_TRUE(json.at("findings").at(0).at("p").is_null());
  EXPECT_EQ(json.at("findings").at(0).at("left_side"),
            nlohmann::json({{"measure", "macro_f1"}, {"model", "c"}, {"part", "all"}}));
  EXPECT_EQ(
      sctab::tests::read_bytes(folder / "findings.csv"),
      "verdict,finding,left,right,test,n,t,degrees of freedom,p,paper,left measure,left model,left part,left over "
      "model,left over part,right measure,right model,right part,right over model,right over part\n"
      "not tested,f,nothing measured,0.5,one-sample t-test,0 seeds,-,-,-,p,macro_f1,c,all,,,,,,,\n");
}

TEST(Tables, AFindingNamesItsModelsAndParts) {
  const Recipe recipe = parse_recipe(
      "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"a\"\nkind = \"linear\"\n[[model]]\nname = \"c\"\n"
      "kind = \"linear\"\n[[finding]]\ntext = \"f\"\npaper = \"p\"\nmeasure = \"tissue:lung\"\n"
      "left = {model = \"a\", over_model = \"c\"}\nright = {model = \"c\", measure = \"micro_f1\"}\n");
  const charts::Table table = findings_table(check_findings(Results(recipe)));
  EXPECT_EQ(table.rows.at(0).at(2), "nothing measured (a, all over c, all: tissue:lung)");
  EXPECT_EQ(table.rows[0][3], "nothing measured (c, all: micro_f1)");
}

}  // namespace
}  // namespace sctab::experiments::tests
