#include "lab/experiments/results.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lab/experiments/page.hpp"
#include "lab/experiments/parsed_recipe.hpp"

namespace sctab::experiments::tests {
namespace {

using nlohmann::json;

json full_trial() {
  json trial = trial_json("a", "all", 1, 0.5);
  trial["per_tissue"] = {{"blood", 0.25}, {"lung", nullptr}};
  trial["per_type"] = {{{"label", "B cell"}, {"id", "CL:0000236"}, {"f1", 0.75}, {"n_test", 3}, {"n_train", 40}},
                       {{"label", "new type"}, {"id", "CL:1"}, {"f1", 0.0}, {"n_test", 3}, {"n_train", 0}}};
  trial["members"] = {{{"members", 1}, {"auc_right_wrong", 0.6}}, {{"members", 2}, {"auc_right_wrong", 0.7}}};
  trial["curve"] = {{{"epoch", 1}, {"val_macro_f1", 0.1}}, {{"epoch", 2}, {"val_macro_f1", 0.4}}};
  trial["reliability"] = {{{"lower", 0.0}, {"upper", 0.5}, {"n_right", 1}, {"n_wrong", 3}},
                          {{"lower", 0.5}, {"upper", 1.0}, {"n_right", 3}, {"n_wrong", 1}}};
  return trial;
}

TEST(Measured, FindsEachKindOfMeasure) {
  const json trial = full_trial();
  EXPECT_EQ(measured(trial, "macro_f1"), 0.5);
  EXPECT_EQ(measured(trial, "tissue:blood"), 0.25);
  EXPECT_EQ(measured(trial, "type:B cell"), 0.75);
  EXPECT_EQ(measured(trial, "auc_right_wrong@2"), 0.7);
  for (const char* absent :
       {"tissue:lung", "tissue:moon", "type:moon", "auc_right_wrong@3", "auc_right_wrong@x", "moon"}) {
    EXPECT_TRUE(std::isnan(measured(trial, absent))) << absent;
  }
}

Recipe two_seeds_of_parts() {
  return parse_recipe(
      "title = \"t\"\nseeds = [1, 2]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"few cells\"\nby = \"cells\"\n"
      "fraction = 0.5\n[[part]]\nname = \"few donors\"\nby = \"donors\"\nfraction = 0.5\n"
      "[[model]]\nname = \"a\"\nkind = \"linear\"\n");
}

Results results_of_parts(const Recipe& recipe) {
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2}) {
    for (const PartSpec& part : recipe.parts) {
      json trial = full_trial();
      trial["part"] = part.name;
      trial["seed"] = seed;
      trial["measures"]["fraction"] = part.fraction;
      trial["measures"]["macro_f1"] = part.fraction + 0.1 * static_cast<double>(seed);
      results.add(trial);
    }
  }
  return results;
}

TEST(Results, GiveOneValuePerSeed) {
  const Recipe recipe = two_seeds_of_parts();
  const Results results = results_of_parts(recipe);
  EXPECT_EQ(results.values("a", "all", "macro_f1"), (std::vector<double>{1.1, 1.2}));
  EXPECT_TRUE(results.values("a", "moon", "macro_f1").empty());
  EXPECT_TRUE(results.values("a", "all", "tissue:lung").empty()) << "null is not a value";
  EXPECT_EQ(results.tissues(), (std::vector<std::string>{"blood", "lung"}));
  EXPECT_EQ(results.measures(), (std::vector<std::string>{"macro_f1", "fraction", "seconds"}));
}

TEST(Results, NameTheTypesThatAPartLacks) {
  const Recipe recipe = two_seeds_of_parts();
  Results results(recipe);
  const auto add = [&results](const char* part, std::uint64_t seed, std::vector<std::string> lost) {
    json trial = trial_json("a", part, seed, 0.5);
    trial["types_lost"] = std::move(lost);
    results.add(std::move(trial));
  };
  add("few cells", 1, {});
  add("few donors", 1, {"B cell"});
  add("few donors", 2, {"B cell"});
  results.add(trial_json("a", "all", 1, 0.5));
  EXPECT_EQ(lost_types(results),
            (std::vector<std::string>{
                "part 'few donors', seeds 1, 2: its training cells lack 1 type of the corpus: B cell"}));
  add("few cells", 2, std::vector<std::string>(12, "x"));
  EXPECT_NE(lost_types(results).at(0).find("'few cells', seed 2: its training cells lack 12 types"), std::string::npos);
  EXPECT_TRUE(lost_types(results)[0].ends_with("x, x and 2 more")) << lost_types(results)[0];
}

TEST(Figures, LinesByCellsAndByDonorsShareTheWholeCorpus) {
  const Recipe recipe = two_seeds_of_parts();
  const charts::LineChart chart = lines(results_of_parts(recipe), {.title = "f", .over = "fraction"});
  ASSERT_EQ(chart.series.size(), 2U);
  EXPECT_EQ(chart.series[0].name, "a, by cells");
  EXPECT_EQ(chart.series[1].name, "a, by donors");
  for (const auto& series : chart.series) {
    ASSERT_EQ(series.points.size(), 2U);
    EXPECT_EQ(series.points[0].x, 0.5);
    EXPECT_EQ(series.points[1].x, 1);
    EXPECT_TRUE(std::abs(series.points[1].y.mean - 1.15) <= 1e-12);
  }
}

TEST(Figures, APartOfOneTissueIsNotOnAScalingLine) {
  const Recipe recipe = parse_recipe(
      "title = \"t\"\nseeds = [1]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"few\"\nby = \"cells\"\n"
      "fraction = 0.5\n[[part]]\nname = \"lung\"\nonly_tissues = [\"lung\"]\n"
      "[[model]]\nname = \"a\"\nkind = \"linear\"\n");
  Results results(recipe);
  for (const char* part : {"all", "few", "lung"}) {
    json trial = trial_json("a", part, 1, 0.5);
    trial["measures"]["fraction"] = std::string(part) == "few" ? 0.5 : 1;
    results.add(std::move(trial));
  }
  const charts::LineChart chart = lines(results, {.title = "f", .over = "fraction"});
  ASSERT_EQ(chart.series.size(), 1U);
  EXPECT_EQ(chart.series[0].points.size(), 2U) << "half of it, and all";
}

TEST(Figures, CurvesEndWhereTheFirstSeedStopped) {
  const Recipe recipe = two_seeds_of_parts();
  Results results(recipe);
  for (const std::uint64_t seed : {1, 2}) {
    json trial = trial_json("a", "all", seed, 0.5);
    for (std::uint64_t epoch = 1; epoch <= 2 * seed; ++epoch) {
      trial["curve"].push_back({{"epoch", epoch}, {"val_macro_f1", 0.1 * static_cast<double>(seed)}});
    }
    results.add(std::move(trial));
  }
  const charts::LineChart chart = curves(results, {.title = "f", .measure = "val_macro_f1", .parts = {"all"}});
  ASSERT_EQ(chart.series.at(0).points.size(), 2U);
  EXPECT_TRUE(std::abs(chart.series[0].points[1].y.mean - 0.15) <= 1e-12);
  EXPECT_NE(chart.caption.find("end where the first seed"), std::string::npos);
  EXPECT_TRUE(chart.x.whole);
}

TEST(Figures, AnAxisOfScoresEndsAtOne) {
  const Recipe recipe = two_seeds_of_parts();
  const Results results = results_of_parts(recipe);
  for (const char* share : {"macro_f1", "tissue:blood", "type:B cell", "auc_right_wrong@2", "val_macro_f1"}) {
    EXPECT_EQ(bars(results, {.title = "f", .measure = share}).y.at_most, 1) << share;
  }
  for (const char* other : {"seconds", "val_loss", "n_train_cells"}) {
    EXPECT_TRUE(std::isnan(bars(results, {.title = "f", .measure = other}).y.at_most)) << other;
  }
  EXPECT_TRUE(members(results, {.title = "f"}).x.whole);
}

TEST(Figures, EachKindShowsItsValues) {
  const Recipe recipe = two_seeds_of_parts();
  const Results results = results_of_parts(recipe);
  const FigureSpec all{.title = "f", .parts = {"all"}};
  EXPECT_EQ(bars(results, all).estimates.at(0).at(0).values, (std::vector<double>{1.1, 1.2}));
  EXPECT_EQ(tissues(results, all).estimates.at(0).at(0).mean, 0.25);
  const auto scatter = types(results, all);
  ASSERT_EQ(scatter.series.at(0).points.size(), 1U) << "no logarithm of a type without training cells";
  EXPECT_EQ(scatter.caption, "a: 1 type without training cells (F1): new type (0.00).");
  EXPECT_EQ(scatter.series[0].points[0].x, 40);
  EXPECT_EQ(scatter.series[0].points[0].name, "B cell");
  const auto over_epochs = curves(results, {.title = "f", .measure = "val_macro_f1", .parts = {"all"}});
  EXPECT_EQ(over_epochs.series.at(0).points.at(1).y.mean, 0.4);
  const auto over_members = members(results, {.title = "f", .measure = "auc_right_wrong", .parts = {"all"}});
  EXPECT_EQ(over_members.series.at(0).points.at(1).y.mean, 0.7);
  const auto bins = reliability(results, all);
  EXPECT_EQ(bins.groups.size(), 2U);
  EXPECT_EQ(bins.estimates.at(0).at(1).mean, 75) << "of the right calls";
  EXPECT_EQ(bins.estimates.at(1).at(0).mean, 75) << "of the wrong calls";
  EXPECT_EQ(bars(results, {.title = "f"}).series.size(), 3U);
}

}  // namespace
}  // namespace sctab::experiments::tests
