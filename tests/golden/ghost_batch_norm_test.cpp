#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "sctab/nn/batch_norm.hpp"

namespace sctab::golden {
namespace {

constexpr double kTolerance = 1e-5;

at::Tensor find(const std::vector<nn::NamedTensor>& tensors, const std::string& name) {
  for (const nn::NamedTensor& entry : tensors) {
    if (entry.name == name) return entry.tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

TEST(Golden, GhostBatchNorm) {
  SCTAB_NEED_GOLDEN(root);
  for (const GoldenGroup& group : root.group("ghost_batch_norm").groups()) {
    nn::NetworkState state;
    const nn::LayerScope scope(state, at::make_generator<at::CPUGeneratorImpl>(1));
    at::Tensor input = group.tensor("input").requires_grad_(true);
    nn::GhostBatchNorm layer(scope, input.size(1), group.integer("virtual_batch_size"),
                             {.momentum = group.number("momentum"), .epsilon = group.number("eps")});
    const at::Tensor weight = find(state.parameters(), "bn.weight"), bias = find(state.parameters(), "bn.bias");
    weight.detach().copy_(group.tensor("weight"));
    bias.detach().copy_(group.tensor("bias"));

    const at::Tensor output = layer.forward(input, {nn::LayerMode::kTrain});
    output.backward(group.tensor("grad_output"));
    const auto check = [&](const std::string& name, const at::Tensor& got) {
      report(group.path(), name, largest_deviation(got, group.tensor(name)), kTolerance);
    };
    check("output_train", output);
    check("grad_input", input.grad());
    check("grad_weight", weight.grad());
    check("grad_bias", bias.grad());
    check("running_mean_after", find(state.buffers(), "bn.running_mean"));
    check("running_var_after", find(state.buffers(), "bn.running_var"));
    check("output_eval", layer.forward(input, {nn::LayerMode::kEval}));
  }
}

}  // namespace
}  // namespace sctab::golden
