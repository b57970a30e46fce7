#include "sctab/evaluate/uncertainty.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "sctab/evaluate/evaluation.hpp"
#include "sctab/evaluate/evaluation_report.hpp"

namespace sctab::evaluate {
namespace {

/// 0: T cell, 1: CD4 T cell below it, 2: B cell, 3: mast cell.
const ontology::SubtypeMatrix kSubtypes(4, {1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});

/// T called T, T called CD4 (right), T called B, B called B, an unlabelled cell, a B cell without a call, and two mast
/// cells, which are absent.
Uncertainty example_uncertainty(const std::vector<std::uint8_t>& is_known = {1, 1, 1, 0}) {
  const std::vector<TypeIndex> truths = {0, 0, 0, 2, -1, 2, 3, 3}, calls = {0, 1, 2, 2, 0, kNoCall, 0, 2};
  const std::vector<double> probabilities = {0.9, 0.8, 0.85, 0.95, 0.5, 0, 0.7, 0.875};
  return assess_uncertainty(truths, {calls, probabilities}, kSubtypes, is_known);
}

TEST(Uncertainty, WrongCallsOfKnownTypesAgainstRightOnes) {
  const Uncertainty found = example_uncertainty();
  EXPECT_EQ(found.n_right, 3);
  EXPECT_EQ(found.n_wrong, 2);
  // Right at 0.1, 0.2 and 0.05, wrong at 0.15 and 1: of six pairs, 0.15 against 0.2 is lost.
  EXPECT_DOUBLE_EQ(found.auc_right_wrong, 5.0 / 6);
  std::int64_t n_cells = 0;
  for (const ReliabilityBin& bin : found.calibration.bins) n_cells += bin.n_cells;
  EXPECT_EQ(n_cells, 4) << "neither absent types nor cells without a call are part of the calibration";
  // Errors of 0.1, 0.2, 0.85 and 0.05, each in a bin of its own.
  EXPECT_DOUBLE_EQ(found.calibration.expected_calibration_error, 1.2 / 4);
}

TEST(Uncertainty, AbsentTypesAgainstKnownOnes) {
  const Uncertainty found = example_uncertainty();
  EXPECT_EQ(found.n_absent, 2);
  // Absent at 0.3 and 0.125; known at 0.1, 0.2, 0.15, 0.05 and 1: won 4 and 2 of five each.
  EXPECT_DOUBLE_EQ(found.auc_known_absent, 6.0 / 10);
  EXPECT_TRUE(std::isnan(example_uncertainty({1, 1, 1, 1}).auc_known_absent)) << "none is absent";
  EXPECT_TRUE(std::isnan(example_uncertainty({0, 0, 0, 0}).auc_known_absent)) << "all are";
  EXPECT_TRUE(std::isnan(example_uncertainty({0, 0, 0, 0}).calibration.expected_calibration_error));
}

TEST(Uncertainty, EachAbsentTypeAgainstTheKnownOnes) {
  const std::vector<TypeIndex> truths = {0, 0, 2, 3, 3, 3, 1, -1}, calls = {0, 1, 2, 2, 0, 2, kNoCall, 0};
  const std::vector<double> probabilities = {0.9, 0.8, 0.6, 0.7, 0.875, 0.5, 0, 0.1};
  const std::vector<AbsentType> found =
      absent_types(truths, {calls, probabilities}, std::vector<std::uint8_t>{1, 0, 1, 0});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].type, 1);
  EXPECT_EQ(found[0].n_cells, 1);
  EXPECT_EQ(found[0].most_called, kNoCall);
  EXPECT_EQ(found[0].auc_known, 1);
  EXPECT_EQ(found[1].type, 3);
  EXPECT_EQ(found[1].n_cells, 3);
  EXPECT_EQ(found[1].most_called, 2);
  EXPECT_EQ(found[1].n_called, 2);
  // Known at 0.1, 0.2 and 0.4; its cells at 0.3, 0.125 and 0.5 win 2, 1 and 3 of three.
  EXPECT_DOUBLE_EQ(found[1].auc_known, 6.0 / 9);
  EXPECT_TRUE(absent_types(truths, {calls, probabilities}, std::vector<std::uint8_t>(4, 1)).empty());
  const auto none_known = absent_types(truths, {calls, probabilities}, std::vector<std::uint8_t>(4, 0));
  ASSERT_EQ(none_known.size(), 4U);
  EXPECT_TRUE(std::isnan(none_known[0].auc_known));

  const std::vector<std::string> labels = {"T cell", "CD4 T cell", "B cell", "mast cell"},
                                 ids = {"CL:1", "CL:2", "CL:3", "CL:4"};
  const nlohmann::json json = absent_types_json(found, labels, ids);
  EXPECT_TRUE(json[0].at("most_called").is_null());
  EXPECT_TRUE(json[0].at("most_called_id").is_null());
  EXPECT_EQ(json[1], (nlohmann::json{{"label", "mast cell"},
                                     {"cell_type_ontology_term_id", "CL:4"},
                                     {"cells", 3},
                                     {"auc_against_known", 6.0 / 9},
                                     {"most_called", "B cell"},
                                     {"most_called_id", "CL:3"},
                                     {"cells_called_so", 2}}));
}

TEST(Uncertainty, ScoresAllCellsAsTheEvaluationDoes) {
  const std::vector<TypeIndex> truths = {0, 0, 0, 2, -1, 2, 3, 3}, calls = {0, 1, 2, 2, 0, kNoCall, 0, 2};
  EXPECT_DOUBLE_EQ(example_uncertainty().macro_f1, evaluate(truths, calls, kSubtypes).corrected.macro_f1);
}

TEST(Uncertainty, RefusesListsOfDifferentLengths) {
  const std::vector<TypeIndex> truths = {0, 1}, calls = {0};
  const std::vector<double> probabilities = {1, 1};
  EXPECT_THROW((void)assess_uncertainty(truths, {calls, probabilities}, kSubtypes, std::vector<std::uint8_t>(4, 1)),
               std::logic_error);
  EXPECT_THROW((void)assess_uncertainty(truths, {truths, probabilities}, kSubtypes, std::vector<std::uint8_t>(3, 1)),
               std::logic_error);
}

TEST(UncertaintyReport, JsonHasEveryKey) {
  const std::vector<Uncertainty> both = {example_uncertainty(), example_uncertainty({1, 1, 1, 1})};
  const nlohmann::json json = uncertainty_json(both);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0].at("members"), 1);
  EXPECT_EQ(json[1].at("members"), 2);
  EXPECT_DOUBLE_EQ(json[0].at("auc_right_wrong"), 5.0 / 6);
  EXPECT_DOUBLE_EQ(json[0].at("auc_known_absent"), 0.6);
  EXPECT_TRUE(json[1].at("auc_known_absent").is_null());
  EXPECT_EQ(json[0].at("n_right"), 3);
  EXPECT_EQ(json[0].at("n_wrong"), 2);
  EXPECT_EQ(json[0].at("n_absent"), 2);
  EXPECT_TRUE(json[0].at("macro_f1").is_number());
  EXPECT_TRUE(json[0].at("expected_calibration_error").is_number());
  ASSERT_EQ(json[0].at("reliability").size(), kReliabilityBins);
  EXPECT_EQ(json[0].at("reliability")[0].at("n_cells"), 0);
  EXPECT_EQ(json[0].at("reliability")[13].at("n_cells"), 1);
  EXPECT_TRUE(json[0].at("reliability")[1].at("share_right").is_null());
}

TEST(UncertaintyReport, TextIsTwoTables) {
  EXPECT_EQ(uncertainty_text(std::vector<Uncertainty>{example_uncertainty({1, 1, 1, 1}), example_uncertainty()}),
            R"(Uncertainty, 1 - probability, of the mean over the first members
members  macro F1  AUC right/wrong  AUC known/absent  calibration error  right  wrong  absent
      1    0.3556           0.8333                 -             0.4292      3      4       0
      2    0.3556           0.8333            0.6000             0.3000      3      2       2

Reliability of all 2 members
probability     cells  mean probability   right
0.733 to 0.800      1            0.8000  1.0000
0.800 to 0.867      1            0.8500  0.0000
0.867 to 0.933      1            0.9000  1.0000
0.933 to 1.000      1            0.9500  1.0000
)");
}

}  // namespace
}  // namespace sctab::evaluate
