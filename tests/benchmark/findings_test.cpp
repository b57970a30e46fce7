#include "sctab/benchmark/findings.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "benchmark/recipe_file.hpp"

namespace sctab::benchmark::tests {
namespace {

Recipe with_finding(const std::string& finding) {
  return parse_recipe(
      "title = \"t\"\nseeds = [1, 2, 3]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"few\"\nby = \"cells\"\n"
      "fraction = 0.5\n[[model]]\nname = \"a\"\nkind = \"linear\"\n[[model]]\nname = \"b\"\nkind = \"linear\"\n"
      "[[finding]]\ntext = \"claim\"\npaper = \"their numbers\"\n" +
      finding);
}

/// Three seeds of each model on each part, around these means.
Finding judge(const Recipe& recipe, double a, double b, double a_few = 0, double b_few = 0) {
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const double noise = 0.01 * (static_cast<double>(seed) - 2);
    results.add(trial_json("a", "all", seed, a + noise));
    results.add(trial_json("b", "all", seed, b - noise));
    results.add(trial_json("a", "few", seed, a_few + 2 * noise));
    results.add(trial_json("b", "few", seed, b_few));
  }
  return check_findings(results).at(0);
}

TEST(Findings, HoldOrNotOrAreNoise) {
  const Recipe recipe = with_finding("left = {model = \"a\"}\nright = {model = \"b\"}\n");
  EXPECT_EQ(judge(recipe, 0.9, 0.8).verdict, Verdict::kHeld);
  EXPECT_EQ(judge(recipe, 0.8, 0.9).verdict, Verdict::kDidNotHold);
  EXPECT_EQ(judge(recipe, 0.805, 0.8).verdict, Verdict::kWithinNoise);
  EXPECT_EQ(judge(recipe, 0.9, std::nan("")).verdict, Verdict::kNotTested);
  const std::string text = findings_text({judge(recipe, 0.9, 0.8)});
  EXPECT_EQ(text,
            "held: claim\n  here: 0.9 ± 0.01 against 0.8 ± 0.01 (3 and 3 seeds), p 0.00026\n  paper: their numbers\n");
}

TEST(Findings, AGainIsTakenSeedBySeed) {
  const Recipe recipe =
      with_finding("left = {model = \"a\", over_part = \"few\"}\nright = {model = \"b\", over_part = \"few\"}\n");
  const Finding finding = judge(recipe, 0.9, 0.8, 0.5, 0.7);
  ASSERT_EQ(finding.left.size(), 3U);
  EXPECT_TRUE(std::abs(finding.left[0] - 0.41) <= 1e-12) << "0.89 less 0.48";
  EXPECT_TRUE(std::abs(finding.left[2] - 0.39) <= 1e-12) << "0.91 less 0.52";
  EXPECT_EQ(finding.verdict, Verdict::kHeld);
}

// Both gains have b's trials in them, with opposite signs: by Welch's test these sides are one cloud.
TEST(Findings, SidesThatShareTrialsAreTestedSeedBySeed) {
  const Recipe recipe =
      with_finding("left = {model = \"b\", over_model = \"a\"}\nright = {model = \"b\", over_part = \"few\"}\n");
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const double noise = 0.1 * (static_cast<double>(seed) - 2), jitter = seed == 2 ? 0.002 : 0;
    results.add(trial_json("b", "all", seed, 0.5 + noise));
    results.add(trial_json("a", "all", seed, 0.2));
    results.add(trial_json("b", "few", seed, 0.25 + jitter));
  }
  const Finding finding = check_findings(results).at(0);
  EXPECT_TRUE(finding.paired);
  EXPECT_EQ(finding.verdict, Verdict::kHeld) << finding.numbers();
  EXPECT_EQ(finding.test.degrees_of_freedom, 2);
  EXPECT_TRUE(std::abs(finding.test.difference - (0.05 + 0.002 / 3)) <= 1e-12) << finding.test.difference;
  EXPECT_TRUE(std::abs(finding.test.t - (0.05 + 0.002 / 3) / (0.002 / 3)) <= 1e-6) << finding.test.t;
  EXPECT_NE(finding.numbers().find("(3 and 3 seeds, paired)"), std::string::npos) << finding.numbers();
  EXPECT_EQ(welch_test(finding.left, finding.right).p > kSignificant, true);
}

TEST(Findings, OnlySeedsOfBothSidesArePaired) {
  const Recipe recipe =
      with_finding("left = {model = \"a\", over_model = \"b\"}\nright = {model = \"a\", over_part = \"few\"}\n");
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2, 3}) {
    results.add(trial_json("a", "all", seed, 0.9 + 0.01 * static_cast<double>(seed)));
    results.add(trial_json("b", "all", seed, seed == 2 ? std::nan("") : 0.1 * static_cast<double>(seed)));
    if (seed != 1) results.add(trial_json("a", "few", seed, 0.5));
  }
  const Finding finding = check_findings(results).at(0);
  EXPECT_EQ(finding.left.size(), 2U);
  EXPECT_EQ(finding.right.size(), 2U);
  EXPECT_EQ(finding.verdict, Verdict::kNotTested) << "seed 3 alone is on both sides";
  EXPECT_TRUE(std::abs(finding.test.difference - 0.2) <= 1e-12) << finding.test.difference;
}

TEST(Findings, SidesShareTrialsWhereOneCountsOnBoth) {
  const auto side = [](const char* model, const char* part, const char* over_model = "", const char* over_part = "") {
    return FindingSide{model, part, over_model, over_part, "macro_f1"};
  };
  EXPECT_TRUE(side("a", "all").shares_trials(side("a", "all"))) << "another measure of the same";
  EXPECT_FALSE(side("a", "all").shares_trials(side("a", "few")));
  EXPECT_FALSE(side("a", "all").shares_trials(side("b", "all")));
  EXPECT_TRUE(side("a", "all").shares_trials(side("b", "all", "a")));
  EXPECT_TRUE(side("a", "all", "b").shares_trials(side("c", "all", "a")));
  EXPECT_FALSE(side("a", "all", "", "few").shares_trials(side("b", "all", "", "few")));
}

TEST(Findings, ComparesWithANumber) {
  const Recipe recipe = with_finding("left = {model = \"a\"}\nthan = 0.5\n");
  EXPECT_EQ(judge(recipe, 0.9, 0).verdict, Verdict::kHeld);
  EXPECT_EQ(judge(recipe, 0.1, 0).verdict, Verdict::kDidNotHold);
  EXPECT_EQ(judge(recipe, 0.505, 0).verdict, Verdict::kWithinNoise);
  EXPECT_NE(judge(recipe, 0.9, 0).numbers().find("against 0.5 (3 seeds)"), std::string::npos);
}

TEST(Findings, WithoutSpreadOverSeedsThereIsNoTest) {
  const Recipe recipe = with_finding("left = {model = \"a\"}\nright = {model = \"b\"}\n");
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2, 3}) {
    results.add(trial_json("a", "all", seed, 0.7));
    results.add(trial_json("b", "all", seed, 0.1));
  }
  const Finding finding = check_findings(results).at(0);
  EXPECT_EQ(finding.verdict, Verdict::kNotTested);
  EXPECT_NE(finding.numbers().find("no test"), std::string::npos) << finding.numbers();
}

}  // namespace
}  // namespace sctab::benchmark::tests
