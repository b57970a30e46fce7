#include "sctab/evaluate/evaluation_report.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace sctab::evaluate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kLabels = {"T cell", "CD4-positive, αβ T cell", "B cell", "mast cell"};
const std::vector<std::string> kIds = {"CL:0000084", "CL:0000624", "CL:0000236", "CL:0000097"};

/// T cells: one called so, one called its subtype, one called B, one not called. The B cells are right. No mast cell.
Evaluation example_evaluation() {
  const ontology::SubtypeMatrix subtypes(4, {1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  return evaluate(std::vector<TypeIndex>{0, 0, 0, 0, 2, 2}, std::vector<TypeIndex>{0, 1, 2, kNoCall, 2, 2}, subtypes,
                  std::vector<std::string>{"lung", "lung", "blood", "blood", "blood", "blood"});
}

TEST(EvaluationReport, JsonHasEveryKey) {
  const auto json = evaluation_json(example_evaluation(), kLabels, kIds);
  EXPECT_DOUBLE_EQ(json.at("micro_f1"), 4.0 / 6);
  EXPECT_DOUBLE_EQ(json.at("micro_f1_uncorrected"), 3.0 / 6);
  EXPECT_DOUBLE_EQ(json.at("macro_f1"), (4.0 / 6 + 4.0 / 5) / 2);
  EXPECT_DOUBLE_EQ(json.at("macro_f1_uncorrected"), (2.0 / 5 + 0 + 4.0 / 5) / 3);
  EXPECT_DOUBLE_EQ(json.at("weighted_f1"), (4 * 4.0 / 6 + 2 * 4.0 / 5) / 6);
  EXPECT_DOUBLE_EQ(json.at("weighted_f1_uncorrected"), (4 * 2.0 / 5 + 2 * 4.0 / 5) / 6);
  EXPECT_EQ(json.at("n_cells"), 6);
  ASSERT_EQ(json.at("per_type").size(), 4U);
  const auto& t_cell = json.at("per_type")[0];
  EXPECT_EQ(t_cell.at("label"), "T cell");
  EXPECT_EQ(t_cell.at("id"), "CL:0000084");
  EXPECT_DOUBLE_EQ(t_cell.at("precision"), 1);
  EXPECT_DOUBLE_EQ(t_cell.at("recall"), 0.5);
  EXPECT_EQ(t_cell.at("n_true"), 4);
  EXPECT_EQ(t_cell.at("n_predicted"), 2) << "after the correction";
  EXPECT_TRUE(json.at("per_type")[3].at("f1").is_null());
  EXPECT_EQ(json.at("per_tissue").size(), 2U);
  EXPECT_DOUBLE_EQ(json.at("per_tissue").at("lung").at("macro_f1"), 1);
  EXPECT_EQ(json.at("per_tissue").at("blood").at("n_cells"), 4);
  EXPECT_EQ(json.at("confusion").at("labels"), nlohmann::json(kLabels));
  EXPECT_EQ(json.at("confusion").at("matrix")[0], nlohmann::json({1, 1, 1, 0})) << "as predicted";
  EXPECT_EQ(json.at("confusion").at("no_call"), nlohmann::json({1, 0, 0, 0}));
  EXPECT_EQ(nlohmann::json::parse(json.dump()), json);
}

TEST(EvaluationReport, NaNIsNull) {
  const auto json = evaluation_json(evaluate({}, {}, ontology::SubtypeMatrix(1, {1})), std::vector<std::string>{"a"},
                                    std::vector<std::string>{"b"});
  EXPECT_TRUE(json.at("macro_f1").is_null());
  EXPECT_TRUE(json.at("weighted_f1_uncorrected").is_null());
  EXPECT_TRUE(json.at("per_type")[0].at("recall").is_null());
  EXPECT_EQ(json.at("n_cells"), 0);
  EXPECT_EQ(json.at("per_tissue"), nlohmann::json::object());
}

TEST(EvaluationReport, TextIsAnAlignedTable) {
  EXPECT_EQ(evaluation_text(example_evaluation(), kLabels, kIds), R"(6 cells of 2 types

                    macro F1  weighted F1  micro F1
ontology-corrected    0.7333       0.7111    0.6667
uncorrected           0.4000       0.5333    0.5000

Cell types, ontology-corrected, most cells first
cell type  id              F1  precision  recall  cells  predicted
T cell     CL:0000084  0.6667     1.0000  0.5000      4          2
B cell     CL:0000236  0.8000     0.6667  1.0000      2          3

By tissue, ontology-corrected
tissue  macro F1  weighted F1  micro F1  cells
blood     0.4000       0.4000    0.5000      4
lung      1.0000       1.0000    1.0000      2

Most frequent confusions that the ontology leaves wrong
cells  of its cells  author's label  predicted
    1         25.0%  T cell          B cell
    1         25.0%  T cell          (no call)
)");
}

TEST(EvaluationReport, TextWithoutCellsShowsDashes) {
  const auto text = evaluation_text(evaluate({}, {}, ontology::SubtypeMatrix(1, {1})), std::vector<std::string>{"a"},
                                    std::vector<std::string>{"b"});
  EXPECT_THAT(text, HasSubstr("0 cells of 0 types"));
  EXPECT_THAT(text, HasSubstr("-            -         -\n"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(EvaluationReport, RefusesLabelsOfAnotherLength) {
  EXPECT_THROW((void)evaluation_json(example_evaluation(), {}, {}), std::logic_error);
  EXPECT_THROW((void)evaluation_text(example_evaluation(), kLabels, {}), std::logic_error);
}

}  // namespace
}  // namespace sctab::evaluate
