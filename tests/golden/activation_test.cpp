#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "support/mask_activation.hpp"

namespace sctab::golden {
namespace {

constexpr double kTolerance = 2e-6;

void check_activation(const GoldenGroup& root, const std::string& name,
                      const std::function<at::Tensor(const at::Tensor&)>& activation) {
  for (const GoldenGroup& group : root.group(name).groups()) {
    at::Tensor input = group.tensor("input").requires_grad_(true);
    const at::Tensor output = activation(input);
    output.backward(group.tensor("grad_output"));
    report(group.path(), "output", largest_deviation(output, group.tensor("output")), kTolerance);
    report(group.path(), "grad_input", largest_deviation(input.grad(), group.tensor("grad_input")), kTolerance);
    report(group.path(), "output_f64",
           largest_deviation(activation(group.tensor("input").to(at::kDouble)), group.tensor("output_f64")),
           kTolerance);
  }
}

TEST(Golden, Entmax15) {
  SCTAB_NEED_GOLDEN(root);
  check_activation(root, "entmax15", tests::entmax15);
}

TEST(Golden, Sparsemax) {
  SCTAB_NEED_GOLDEN(root);
  check_activation(root, "sparsemax", tests::sparsemax);
}

}  // namespace
}  // namespace sctab::golden
