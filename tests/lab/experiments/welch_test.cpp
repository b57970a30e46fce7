#include "lab/experiments/tables.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/experiments/parsed_recipe.hpp"

namespace sctab::experiments::tests {
namespace {

// By hand: 0.01, 0.02, 0.04 and 0.9 times 4, 3, 2 and 1, and never less than the one before.
TEST(Holm, MultipliesByTheNumberOfRemainingTests) {
  const std::vector<double> p = {0.04, std::nan(""), 0.01, 0.02, 0.9};
  const std::vector<double> corrected = holm_corrected(p);
  ASSERT_EQ(corrected.size(), p.size());
  const std::vector<double> expected = {0.08, 0, 0.04, 0.06, 0.9};
  for (const std::size_t i : {0, 2, 3, 4}) EXPECT_TRUE(std::abs(corrected[i] - expected[i]) <= 1e-15) << corrected[i];
  EXPECT_TRUE(std::isnan(corrected[1]));
  EXPECT_EQ(holm_corrected(std::vector<double>{0.7, 0.8}), (std::vector<double>{1, 1}));
  EXPECT_EQ(holm_corrected(std::vector<double>{0.02, 0.021}), (std::vector<double>{0.04, 0.04})) << "no less";
  EXPECT_TRUE(holm_corrected({}).empty());
}

Recipe models_on_parts() {
  return parse_recipe(
      "title = \"t\"\nseeds = [1, 2]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"few\"\nby = \"cells\"\n"
      "fraction = 0.5\n[[model]]\nname = \"a\"\nkind = \"linear\"\n[[model]]\nname = \"b\"\nkind = \"linear\"\n"
      "[[figure]]\ntitle = \"f\"\nkind = \"bars\"\n[[figure]]\ntitle = \"g\"\nkind = \"bars\"\n"
      "measure = \"tissue:lung\"\nmodels = [\"a\"]\n[[figure]]\ntitle = \"h\"\nkind = \"lines\"\nmeasure = "
      "\"micro_f1\"\n");
}

Results example_results(const Recipe& recipe) {
  Results results(recipe);
  double score = 0;
  for (const char* model : {"a", "b"}) {
    for (const char* part : {"all", "few"}) {
      for (const std::uint64_t seed : {1, 2}) {
        nlohmann::json trial = trial_json(model, part, seed, score += 0.01);
        trial["per_tissue"] = {{"lung", score * score}};
        results.add(std::move(trial));
      }
    }
  }
  return results;
}

TEST(WelchTable, ComparesModelsOnAPartPartsOfAModelAndTheMeasuresOfBars) {
  const Recipe recipe = models_on_parts();
  const charts::Table table = welch_table(example_results(recipe));
  std::vector<std::vector<std::string>> of;
  for (const auto& row : table.rows) {
    EXPECT_EQ(row.size(), table.columns.size());
    of.emplace_back(row.begin(), row.begin() + 5);
  }
  using Rows = std::vector<std::vector<std::string>>;
  EXPECT_EQ(of, (Rows{{"macro_f1", "a", "all", "b", "all"},
                      {"macro_f1", "a", "all", "a", "few"},
                      {"macro_f1", "b", "all", "b", "few"},
                      {"macro_f1", "a", "few", "b", "few"},
                      {"tissue:lung", "a", "all", "a", "few"}}));
  EXPECT_EQ(table.rows[4][10], table.rows[4][11]) << "one test of its measure needs no correction";
  const double raw = std::stod(table.rows[0][10]), corrected = std::stod(table.rows[0][11]);
  EXPECT_TRUE(std::abs(corrected - 4 * raw) <= 1e-3 * corrected) << raw << ", " << corrected;
}

}  // namespace
}  // namespace sctab::experiments::tests
