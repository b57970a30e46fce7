#include "lab/experiments/findings.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/experiments/parsed_recipe.hpp"

namespace sctab::experiments::tests {
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
  EXPECT_EQ(
      text,
      "held: claim\n  here: 0.9 ± 0.01 against 0.8 ± 0.01, Welch's t-test of 3 and 3 seeds, 4 degrees of freedom, p "
      "0.00026\n  paper: their numbers\n");
}

TEST(Findings, AGainIsTakenSeedBySeed) {
  const Recipe recipe =
      with_finding("left = {model = \"a\", over_part = \"few\"}\nright = {model = \"b\", over_part = \"few\"}\n");
  const Finding finding = judge(recipe, 0.9, 0.8, 0.5, 0.7);
  ASSERT_EQ(finding.left.size(), 3U);
  EXPECT_TRUE(std::abs(finding.left[0] - 0.41) <= 1e-12) << "0.89 - 0.48";
  EXPECT_TRUE(std::abs(finding.left[2] - 0.39) <= 1e-12) << "0.91 - 0.52";
  EXPECT_EQ(finding.verdict, Verdict::kHeld);
}

// Both gains contain b's trials, with opposite signs: Welch's test would not tell these sides apart.
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
  EXPECT_EQ(finding.kind, TestKind::kPaired);
  EXPECT_EQ(finding.verdict, Verdict::kHeld) << finding.numbers();
  EXPECT_EQ(finding.test.degrees_of_freedom, 2);
  EXPECT_TRUE(std::abs(finding.test.difference - (0.05 + 0.002 / 3)) <= 1e-12) << finding.test.difference;
  EXPECT_TRUE(std::abs(finding.test.t - (0.05 + 0.002 / 3) / (0.002 / 3)) <= 1e-6) << finding.test.t;
  EXPECT_NE(finding.numbers().find("paired t-test of 3 pairs of seeds"), std::string::npos) << finding.numbers();
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
  EXPECT_EQ(finding.n_pairs, 1U);
  EXPECT_EQ(finding.sample(), "1 pair of seeds");
  EXPECT_EQ(finding.verdict, Verdict::kNotTested) << "only seed 3 is on both sides";
  EXPECT_TRUE(std::abs(finding.test.difference - 0.2) <= 1e-12) << finding.test.difference;
}

TEST(Findings, SidesShareTrialsIfOneIsOnBoth) {
  const auto side = [](const char* model, const char* part, const char* over_model = "", const char* over_part = "") {
    return FindingSide{model, part, over_model, over_part, "macro_f1"};
  };
  EXPECT_TRUE(side("a", "all").shares_trials(side("a", "all"))) << "another measure of the same trials";
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
  EXPECT_NE(judge(recipe, 0.9, 0).numbers().find("against 0.5, one-sample t-test of 3 seeds"), std::string::npos);
}

struct Expected {
  double difference, t, degrees_of_freedom, p;
};

void expect_test(const StudentTest& got, const Expected& want) {
  constexpr double kRounding = 1e-9;  // of sums of three values
  EXPECT_TRUE(std::abs(got.difference - want.difference) <= kRounding) << got.difference;
  EXPECT_TRUE(std::abs(got.t - want.t) <= kRounding) << got.t;
  EXPECT_TRUE(std::abs(got.degrees_of_freedom - want.degrees_of_freedom) <= kRounding) << got.degrees_of_freedom;
  EXPECT_TRUE(std::abs(got.p - want.p) <= kRounding) << got.p;
}

/// The first finding on trials of model a with `a`, of b with `b`, and of a's part "few" with `few`, by seed.
Finding found(const Recipe& recipe, const std::vector<double>& a, const std::vector<double>& b,
              const std::vector<double>& few = {}) {
  Results results(recipe);
  const auto add = [&results](const char* model, const char* part, const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) results.add(trial_json(model, part, i + 1, values[i]));
  };
  add("a", "all", a);
  add("b", "all", b);
  add("a", "few", few);
  return check_findings(results).at(0);
}

// By hand, from the closed forms of Student's two-sided tail for f degrees of freedom, with u = atan(t / √f):
// 2: 1 − t/√(2 + t²);  3: 1 − 2/π (u + sin u cos u);  4: 1 − sin u (1 + cos²u / 2).
TEST(Findings, HaveTheHandComputedP) {
  const Recipe welch = with_finding("left = {model = \"a\"}\nright = {model = \"b\"}\n");
  // Variances 0.01 and 0.01 of three: standard error² 0.02/3, t² = 0.09 · 150 = 13.5, 4 degrees; sin² u = 13.5/17.5.
  expect_test(found(welch, {0.7, 0.8, 0.9}, {0.4, 0.5, 0.6}).test,
              {0.3, std::sqrt(13.5), 4, 1 - std::sqrt(13.5 / 17.5) * (1 + 4 / 17.5 / 2)});
  // Variances of the means 2/2 and 6/3: t = 3/√3, degrees (1 + 2)² / (1²/1 + 2²/2) = 3, u = π/4.
  const Finding unequal = found(welch, {0, 2}, {-2 - std::sqrt(6), -2, -2 + std::sqrt(6)});
  expect_test(unequal.test, {3, std::sqrt(3), 3, 0.5 - 1 / M_PI});
  EXPECT_EQ(unequal.sizes(), (std::vector<std::size_t>{2, 3}));
  EXPECT_NE(unequal.numbers().find("Welch's t-test of 2 and 3 seeds, 3 degrees of freedom, p 0.18"), std::string::npos)
      << unequal.numbers();

  // a less b against a less few: per seed few − b, which is 1, 2, 3. t = 2/(1/√3), 2 degrees.
  const Recipe paired =
      with_finding("left = {model = \"a\", over_model = \"b\"}\nright = {model = \"a\", over_part = \"few\"}\n");
  const Finding gains = found(paired, {0.4, 0.9, 0.1}, {1, 1, 1}, {2, 3, 4});
  expect_test(gains.test, {2, std::sqrt(12), 2, 1 - std::sqrt(12.0 / 14)});
  EXPECT_EQ(gains.kind, TestKind::kPaired);
  EXPECT_EQ(gains.sizes(), std::vector<std::size_t>{3});

  // Mean 2 against 1, of deviation √2/√2 = 1 over two seeds: t = 1 and 1 degree, Cauchy's: a half.
  const Finding number = found(with_finding("left = {model = \"a\"}\nthan = 1\n"), {1, 3}, {});
  expect_test(number.test, {1, 1, 1, 0.5});
  EXPECT_EQ(number.kind, TestKind::kOneSample);
}

TEST(Findings, ASpreadFromRoundingCountsAsNone) {
  const std::vector<double> a = {0.9, 0.8, 0.7}, b = {0.7, 0.6, 0.5};
  const auto verdict = [&](const char* sides) { return found(with_finding(sides), a, b, a).verdict; };
  EXPECT_EQ(verdict("left = {model = \"a\", over_model = \"b\"}\nthan = 0\n"), Verdict::kNotTested);
  EXPECT_EQ(verdict("left = {model = \"a\", over_model = \"b\"}\nthan = 0.2\n"), Verdict::kNotTested);
  EXPECT_EQ(verdict("left = {model = \"a\", over_model = \"b\"}\nright = {model = \"a\", over_part = \"few\"}\n"),
            Verdict::kNotTested)
      << "0.2 against 0";
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
  EXPECT_NE(finding.numbers().find("without a result"), std::string::npos) << finding.numbers();
}

}  // namespace
}  // namespace sctab::experiments::tests
