#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "support/dense_network.hpp"

namespace sctab::golden {
namespace {

constexpr double kNormTolerance = 1e-5;

TEST(Golden, GhostBatchNorm) {
  SCTAB_NEED_GOLDEN_GROUP(all, "ghost_batch_norm");
  for (const GoldenGroup& group : all.groups()) {
    at::Tensor input = group.tensor("input").requires_grad_(true);
    tests::DenseBatchNorm layer{group.tensor("weight").requires_grad_(true),
                                group.tensor("bias").requires_grad_(true),
                                at::zeros({input.size(1)}),
                                at::ones({input.size(1)}),
                                at::zeros({}, at::kLong),
                                {.momentum = group.number("momentum"),
                                 .epsilon = group.number("eps"),
                                 .virtual_batch_size = group.integer("virtual_batch_size")}};

    const at::Tensor output = layer.forward(input, {nn::LayerMode::kTrain});
    output.backward(group.tensor("grad_output"));
    const auto check = [&](const std::string& name, const at::Tensor& got) {
      report(group.path(), name, largest_deviation(got, group.tensor(name)), kNormTolerance);
    };
    check("output_train", output);
    check("grad_input", input.grad());
    check("grad_weight", layer.weight.grad());
    check("grad_bias", layer.bias.grad());
    check("running_mean_after", layer.running_mean);
    check("running_var_after", layer.running_var);
    check("output_eval", layer.forward(input, {nn::LayerMode::kEval}));
  }
}

}  // namespace
}  // namespace sctab::golden
