#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/torch_runtime.hpp"

namespace sctab::golden {
namespace {

constexpr double kTolerance = 1e-5;      // of logits, probabilities, masks; of gradients in parts of the largest
constexpr double kLossTolerance = 1e-4;  // relative
// Relative; the file's notes give none. Adam's first steps turn rounding into steps, which later norms come after.
constexpr double kFirstNormTolerance = 1e-4, kLaterNormTolerance = 1e-2;

nn::Architecture tabnet_architecture(const GoldenGroup& group) {
  nn::Architecture architecture;
  architecture.n_genes = group.integer("gene_dim");
  architecture.n_types = group.integer("type_dim");
  architecture.tabnet = {.n_d = group.integer("n_d"),
                         .n_a = group.integer("n_a"),
                         .n_steps = group.integer("n_steps"),
                         .gamma = group.number("gamma"),
                         .n_independent = group.integer("n_independent"),
                         .n_shared = group.integer("n_shared"),
                         .epsilon = group.number("epsilon"),
                         .virtual_batch_size = group.integer("virtual_batch_size"),
                         .momentum = group.number("momentum"),
                         .mask_type = nn::parse_mask_type(group.text("mask_type"))};
  return architecture;
}

nn::Architecture baseline_architecture(const GoldenGroup& group, nn::ModelKind kind) {
  nn::Architecture architecture;
  architecture.kind = kind;
  architecture.n_genes = group.group("eval").tensor("x").size(1);
  architecture.n_types = group.group("eval").tensor("logits").size(1);
  if (kind == nn::ModelKind::kMlp) {
    architecture.mlp = {.n_hidden = group.integer("n_hidden"),
                        .hidden_size = group.integer("hidden_size"),
                        .dropout = group.number("dropout")};
  }
  return architecture;
}

void check_eval(nn::Network& network, const GoldenGroup& group) {
  const GoldenGroup want = group.group("eval");
  network.eval();
  nn::Explanation explanation;
  const at::NoGradGuard no_gradient;
  const nn::NetworkOutput output = network.explain(want.tensor("x"), explanation);
  const auto check = [&](const std::string& name, const at::Tensor& got) {
    report(want.path(), name, largest_deviation(got, want.tensor(name)), kTolerance);
  };
  check("logits", output.logits);
  check("probabilities", output.logits.softmax(1));
  if (want.has("embedding")) check("embedding", output.embedding);
  if (want.has("masks_explain")) check("masks_explain", explanation.importance);
  for (std::size_t step = 0; step < explanation.masks.size(); ++step) {
    check(fmt::format("mask_{}", step), explanation.masks[step]);
  }
}

nn::NetworkOutput forward_and_backward(nn::Network& network, const GoldenGroup& group, std::size_t step,
                                       at::Tensor* loss_of_step = nullptr) {
  const GoldenGroup batch = group.group(fmt::format("step{}", step));
  const at::ScalarType type = network.parameters().front().scalar_type();
  nn::NetworkOutput output = network.forward(batch.tensor("x").to(type));
  const at::Tensor loss =
      at::cross_entropy_loss(output.logits, batch.tensor("y"), group.tensor("class_weights").to(type)) -
      group.number("lambda_sparse") * output.mask_loss;
  network.zero_gradients();
  loss.backward();
  if (loss_of_step != nullptr) *loss_of_step = loss.detach();
  return output;
}

/// The largest over all parameters, in parts of each one's largest gradient; or of a thousandth of the network's, where
/// a gradient is nothing but rounding (a bias before a batch norm). Every gradient must be in the file.
double gradient_deviation(const nn::Network& network, const GoldenGroup& group) {
  const std::vector<nn::NamedTensor> want = group.group("step0/grads").tensors();
  double scale = 0;
  std::map<std::string, at::Tensor> gradients;
  for (const auto& [name, gradient] : want) {
    gradients[name] = gradient;
    scale = std::max(scale, gradient.abs().max().item<double>());
  }
  EXPECT_EQ(network.state().parameters().size(), gradients.size());
  double largest = 0;
  for (const auto& [name, parameter] : network.state().parameters()) {
    if (!gradients.contains(name)) ADD_FAILURE() << group.path() << " has no gradient of " << name;
    const at::Tensor& gradient = gradients[name];
    const double deviation =
        largest_deviation(parameter.grad(), gradient) / std::max(gradient.abs().max().item<double>(), scale / 1000);
    if (!(deviation <= largest)) largest = deviation;  // NaN too
  }
  return largest;
}

/// Logits and gradients of the first step, in float32 against the file and the file against float64.
void check_first_step(const nn::Network& network, const nn::NetworkOutput& output, const nn::Architecture& architecture,
                      const GoldenGroup& group) {
  const auto exact = nn::make_network(architecture, 1);
  exact->state().load(group.group("state_before").tensors(), group.path());
  exact->convert_to(at::kDouble);
  const at::Tensor exact_logits = forward_and_backward(*exact, group, 0).logits;
  const at::Tensor want = group.group("step0").tensor("logits");
  report(group.path(), "training logits", largest_deviation(output.logits, want), kTolerance,
         largest_deviation(exact_logits, want));
  report(group.path(), "gradients", gradient_deviation(network, group), kTolerance, gradient_deviation(*exact, group));
}

/// Adam divides by |gradient|, so a weight whose gradient is rounding noise may move by the learning rate either way:
/// 99% of the weights must be within 1e-4 and all within three steps of the learning rate.
void check_state_after(const nn::Network& network, const GoldenGroup& group) {
  const GoldenGroup want = group.group("state_after");
  std::map<std::string, at::Tensor> state;
  for (const auto* part : {&network.state().parameters(), &network.state().buffers(), &network.state().tied_names()}) {
    for (const auto& [name, tensor] : *part) state[name] = tensor;
  }
  EXPECT_EQ(state.size(), want.tensors().size());
  double largest = 0;
  std::int64_t n_values = 0, n_close = 0;
  for (const auto& [name, tensor] : want.tensors()) {
    ASSERT_TRUE(state.count(name)) << name;
    if (!tensor.is_floating_point()) {
      EXPECT_TRUE(at::equal(state[name], tensor)) << name;
      continue;
    }
    const double deviation = largest_deviation(state[name], tensor);
    largest = std::isnan(deviation) ? deviation : std::max(largest, deviation);
    n_close += ((state[name].detach() - tensor).abs() <= 1e-4).sum().item<std::int64_t>();
    n_values += tensor.numel();
  }
  report(group.path(), "state_after", largest, 3 * group.number("learning_rate"));
  report(group.path(), "state_after, share of values farther than 1e-4",
         1 - static_cast<double>(n_close) / static_cast<double>(n_values), 0.01);
}

void check_training(nn::Network& network, const nn::Architecture& architecture, const GoldenGroup& group) {
  network.train();
  const double learning_rate = group.number("learning_rate");
  torch::optim::AdamWOptions options(learning_rate);
  options.weight_decay(group.number("weight_decay")).eps(group.number("adam_eps"));
  options.betas({group.numbers("betas").at(0), group.numbers("betas").at(1)});
  torch::optim::AdamW optimiser(network.parameters(), options);
  const auto losses = group.numbers("losses"), mask_losses = group.numbers("mask_losses"),
             norms = group.numbers("gradient_norms");

  const auto relative = [](double got, double want) { return want == 0 ? std::abs(got) : std::abs(got / want - 1); };
  std::vector<double> loss_deviations, norm_deviations;
  for (std::size_t step = 0; step < losses.size(); ++step) {
    static_cast<torch::optim::AdamWOptions&>(optimiser.param_groups()[0].options())
        .lr(learning_rate *
            std::pow(group.number("step_lr_gamma"), static_cast<std::int64_t>(step) / group.integer("step_lr_every")));
    at::Tensor loss;
    const nn::NetworkOutput output = forward_and_backward(network, group, step, &loss);
    if (step == 0) check_first_step(network, output, architecture, group);
    const double norm = torch::nn::utils::clip_grad_norm_(network.parameters(), group.number("gradient_clip_norm"));
    optimiser.step();
    loss_deviations.push_back(relative(loss.item<double>(), losses[step]));
    loss_deviations.push_back(relative(output.mask_loss.item<double>(), mask_losses.at(step)));
    norm_deviations.push_back(relative(norm, norms.at(step)));
  }
  const auto largest = [](const std::vector<double>& values) { return at::tensor(values).max().item<double>(); };
  report(group.path(), "losses", largest(loss_deviations), kLossTolerance);
  report(group.path(), "first gradient norm", norm_deviations.front(), kFirstNormTolerance);
  report(group.path(), "gradient norms", largest(norm_deviations), kLaterNormTolerance);
  check_state_after(network, group);
}

void check_network(const GoldenGroup& group, const nn::Architecture& architecture) {
  // Products split among two or four threads give the file's last bits, others do not, and state_after feels it: where
  // a gradient is only rounding, its sign decides where Adam goes.
  nn::set_torch_threads(2);
  const auto network = nn::make_network(architecture, 1);
  network->state().load(group.group("state_before").tensors(), group.path());
  check_eval(*network, group);
  check_training(*network, architecture, group);
}

TEST(Golden, Tabnet) {
  SCTAB_NEED_GOLDEN(root);
  for (const GoldenGroup& group : root.group("tabnet").groups()) check_network(group, tabnet_architecture(group));
}

TEST(Golden, Linear) {
  SCTAB_NEED_GOLDEN(root);
  check_network(root.group("linear"), baseline_architecture(root.group("linear"), nn::ModelKind::kLinear));
}

TEST(Golden, Mlp) {
  SCTAB_NEED_GOLDEN(root);
  check_network(root.group("mlp"), baseline_architecture(root.group("mlp"), nn::ModelKind::kMlp));
}

}  // namespace
}  // namespace sctab::golden
