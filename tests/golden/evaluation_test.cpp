#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "sctab/evaluate/evaluation.hpp"

namespace sctab::golden {
namespace {

constexpr double kScoreTolerance = 1e-9;

std::vector<core::TypeIndex> to_types(const at::Tensor& tensor) {
  std::vector<core::TypeIndex> types;
  for (const std::int64_t type : to_vector<std::int64_t>(tensor)) types.push_back(core::narrow<core::TypeIndex>(type));
  return types;
}

at::Tensor from(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble);
}

TEST(Golden, Evaluation) {
  SCTAB_NEED_GOLDEN_GROUP(group, "evaluation");
  const at::Tensor child_matrix = group.tensor("child_matrix");
  const auto n_types = static_cast<std::size_t>(child_matrix.size(0));
  const ontology::SubtypeMatrix subtypes(n_types, to_vector<std::uint8_t>(child_matrix.to(at::kByte)));
  const auto truths = to_types(group.tensor("targets")), predictions = to_types(group.tensor("predictions"));

  std::vector<double> corrected;
  std::vector<std::int64_t> cells_per_type(n_types, 0);
  for (std::size_t cell = 0; cell < truths.size(); ++cell) {
    corrected.push_back(evaluate::corrected(truths[cell], predictions[cell], subtypes));
    ++cells_per_type[static_cast<std::size_t>(truths[cell])];
  }
  report(group.path(), "predictions_corrected",
         largest_deviation(from(corrected), group.tensor("predictions_corrected")), 0);
  report(group.path(), "class_weights",
         largest_deviation(from(evaluate::balanced_class_weights(cells_per_type)), group.tensor("class_weights")),
         kScoreTolerance);

  const evaluate::Evaluation evaluation = evaluate::evaluate(truths, predictions, subtypes);
  // A type in neither truth nor predictions has no score; what the file holds for it means nothing.
  std::vector<double> f1, expected_f1 = to_vector<double>(group.tensor("f1_per_cell_type"));
  for (const evaluate::TypeScore& type : evaluation.corrected.per_type) {
    const bool occurs = type.n_true + type.n_predicted > 0;
    if (!occurs) expected_f1.at(f1.size()) = 0;
    f1.push_back(occurs ? type.f1 : 0);
  }
  report(group.path(), "f1_per_cell_type", largest_deviation(from(f1), from(expected_f1)), kScoreTolerance);
  const auto check = [&](const std::string& name, double got) {
    report(group.path(), name, std::abs(got - group.number(name)), kScoreTolerance);
  };
  check("macro_f1", evaluation.corrected.macro_f1);
  check("weighted_f1", evaluation.corrected.weighted_f1);
  check("micro_f1", evaluation.corrected.micro_f1);
  check("macro_f1_uncorrected", evaluation.uncorrected.macro_f1);
}

}  // namespace
}  // namespace sctab::golden
