#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "sctab/kernels/simplex.hpp"
#include "sctab/nn/differentiable.hpp"
#include "support/mask_activation.hpp"

namespace sctab::golden {
namespace {

constexpr double kActivationTolerance = 2e-6;

/// The kernel's projection, row by row.
at::Tensor project(kernels::Simplex simplex, const at::Tensor& scores) {
  at::Tensor rows = scores.clone();
  for (std::int64_t row = 0; row < rows.size(0); ++row) kernels::simplex_project(simplex, nn::values(rows[row]));
  return rows;
}

void check_activation(const GoldenGroup& root, const std::string& name, kernels::Simplex simplex,
                      const std::function<at::Tensor(const at::Tensor&)>& activation) {
  for (const GoldenGroup& group : root.group(name).groups()) {
    at::Tensor input = group.tensor("input").requires_grad_(true);
    const at::Tensor output = activation(input);
    output.backward(group.tensor("grad_output"));
    for (const auto& [path, found] :
         {std::pair(" densely", output.detach()), std::pair(" by kernels", project(simplex, group.tensor("input")))}) {
      Comparison comparison = compare(found, group.tensor("output"), group.tensor("output_f64"), kActivationTolerance);
      comparison.float64_in_file = true;
      report(group.path() + path, "output", comparison);
      report(group.path() + path, "output, from the published one", comparison.deviation, kActivationTolerance);
    }
    report(group.path(), "grad_input", largest_deviation(input.grad(), group.tensor("grad_input")),
           kActivationTolerance);
    report(group.path(), "output in float64",
           largest_deviation(activation(group.tensor("input").to(at::kDouble)), group.tensor("output_f64")),
           kActivationTolerance);
  }
}

TEST(Golden, Entmax15) {
  SCTAB_NEED_GOLDEN(root);
  check_activation(root, "entmax15", kernels::Simplex::kEntmax15, tests::entmax15);
}

TEST(Golden, Sparsemax) {
  SCTAB_NEED_GOLDEN(root);
  check_activation(root, "sparsemax", kernels::Simplex::kSparsemax, tests::sparsemax);
}

}  // namespace
}  // namespace sctab::golden
