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
#include "sctab/model/inference_network.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "support/dense_network.hpp"
#include "support/fixtures.hpp"

namespace sctab::golden {
namespace {

constexpr double kNetworkTolerance = 1e-5;  // of logits, probabilities, masks; of gradients in parts of the largest
constexpr double kLossTolerance = 1e-4;     // relative
// Relative; the file's notes give none. Adam's first steps turn rounding into steps, which later norms come after.
constexpr double kFirstNormTolerance = 1e-4, kLaterNormTolerance = 1e-2;

model::Architecture tabnet_architecture(const GoldenGroup& group) {
  model::Architecture architecture;
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
                         .mask_type = model::parse_mask_type(group.text("mask_type"))};
  return architecture;
}

model::Architecture baseline_architecture(const GoldenGroup& group, model::ModelKind kind) {
  model::Architecture architecture;
  architecture.kind = kind;
  architecture.n_genes = group.group("eval").tensor("x").size(1);
  architecture.n_types = group.group("eval").tensor("logits").size(1);
  if (kind == model::ModelKind::kMlp) {
    architecture.mlp = {.n_hidden = group.integer("n_hidden"),
                        .hidden_size = group.integer("hidden_size"),
                        .dropout = group.number("dropout")};
  }
  return architecture;
}

/// What computes: torch on dense arrays, or the kernels over the non-zeros.
enum class Path { kDense, kKernels, kInference };

std::string path_name(const GoldenGroup& group, Path path) {
  return group.path() + (path == Path::kDense ? " densely" : path == Path::kKernels ? " by kernels" : " by inference");
}

sparse::CsrMatrix non_zeros(const at::Tensor& x) {
  sparse::CsrMatrix cells;
  cells.clear(static_cast<sparse::GeneIndex>(x.size(1)));
  for (std::int64_t cell = 0; cell < x.size(0); ++cell) {
    const at::Tensor row = x[cell].contiguous();
    std::vector<sparse::GeneIndex> genes;
    std::vector<float> found;
    for (sparse::GeneIndex gene = 0; gene < cells.n_genes; ++gene) {
      const float value = row.data_ptr<float>()[gene];
      if (value == 0) continue;
      genes.push_back(gene);
      found.push_back(value);
    }
    cells.append_row(genes, found);
  }
  return cells;
}

/// The network in float64, with the weights that the file begins with.
std::unique_ptr<nn::Network> exact_network(const model::Architecture& architecture, const GoldenGroup& group) {
  auto network = std::make_unique<tests::DenseNetwork>(architecture, 1);
  network->state().load(group.group("state_before").tensors(), group.path());
  network->convert_to(at::kDouble);
  return network;
}

/// Checks array `name` of the group; in_double: the same by the float64 network, for files that do not have it. Dense
/// arrays give the file's very bits. The kernels add up in another order, so to them 1e-5 is in parts of the largest
/// value: logits of 200 have steps of 1.5e-5.
void check_array(const GoldenGroup& group, const std::string& name, const at::Tensor& found,
                 const at::Tensor& in_double, Path path, const std::string& what) {
  const at::Tensor published = group.tensor(name);
  const bool in_file = group.has(name + "_f64");
  const double unit = path == Path::kDense ? 1 : std::max(published.abs().max().item<double>(), 1.0);
  Comparison comparison =
      compare(found, published, in_file ? group.tensor(name + "_f64") : in_double, kNetworkTolerance, unit);
  comparison.float64_in_file = in_file;
  report(path_name(group, path), what, comparison);
}

/// What a network says of cells, and what it looked at.
struct Explained {
  nn::NetworkOutput output;
  nn::Explanation explanation;
};

Explained explain(nn::Network& network, sparse::CsrView x) {
  Explained result;
  network.eval();
  result.output = network.explain(x, result.explanation);
  return result;
}

/// The same by the network that labels cells, of the weights in a file.
Explained explain_by_inference(const nn::Network& network, const model::Architecture& architecture, sparse::CsrView x) {
  const tests::TemporaryFolder folder;
  nn::save_weights(folder / "model.safetensors", network.state());
  model::Explanation explanation;
  const model::NetworkOutput output =
      model::load_inference_network(folder / "model.safetensors", architecture)->run(x, &explanation);
  const auto rows = [&](const std::vector<float>& values) { return at::tensor(values).view({x.n_cells, -1}); };
  Explained result{{rows(output.logits), {}, rows(output.embedding)}, {}};
  for (const sparse::CsrMatrix& mask : explanation.masks) {
    result.explanation.masks.push_back(nn::dense_tensor(mask.view()));
  }
  if (!explanation.masks.empty()) result.explanation.importance = nn::dense_tensor(explanation.importance.view());
  return result;
}

void check_eval(const Explained& found, const Explained& in_double, const GoldenGroup& want, Path path) {
  const auto& [output, explanation] = found;
  const auto& [exact_output, exact_explanation] = in_double;
  const auto check = [&](const std::string& name, const at::Tensor& ours, const at::Tensor& exact) {
    check_array(want, name, ours, exact, path, name);
  };
  check("logits", output.logits, exact_output.logits);
  check("probabilities", output.logits.softmax(1), exact_output.logits.softmax(1));
  if (want.has("embedding")) check("embedding", output.embedding, exact_output.embedding);
  if (want.has("masks_explain")) check("masks_explain", explanation.importance, exact_explanation.importance);
  for (std::size_t step = 0; step < explanation.masks.size(); ++step) {
    check(fmt::format("mask_{}", step), explanation.masks[step], exact_explanation.masks[step]);
  }
}

nn::NetworkOutput forward_and_backward(nn::Network& network, const GoldenGroup& group, std::size_t step,
                                       at::Tensor* loss_of_step = nullptr) {
  const GoldenGroup batch = group.group(fmt::format("step{}", step));
  const at::ScalarType type = network.parameters().front().scalar_type();
  const sparse::CsrMatrix x = non_zeros(batch.tensor("x"));
  nn::NetworkOutput output = network.forward(x.view());
  const at::Tensor loss =
      at::cross_entropy_loss(output.logits, batch.tensor("y"), group.tensor("class_weights").to(type)) -
      group.number("lambda_sparse") * output.mask_loss;
  network.zero_gradients();
  loss.backward();
  if (loss_of_step != nullptr) *loss_of_step = loss.detach();
  return output;
}

/// Where the first step's gradient, in float64, is so small next to the network's largest that in float32 it is nothing
/// but rounding: a bias before a batch norm.
constexpr double kNoise = 1e-5;

double largest_gradient(const nn::Network& network) {
  double largest = 0;
  for (const at::Tensor& parameter : network.parameters()) {
    largest = std::max(largest, parameter.grad().abs().max().item<double>());
  }
  return largest;
}

/// The largest over all parameters, in parts of each one's largest gradient, or of a thousandth of the network's; of a
/// tenth of the network's where float64 says that there is only noise. Every gradient must be in the file.
Comparison compare_gradients(const nn::Network& network, const nn::Network& exact, const GoldenGroup& group) {
  std::map<std::string, at::Tensor> gradients;
  for (const auto& [name, gradient] : group.group("step0/grads").tensors()) gradients[name] = gradient;
  EXPECT_EQ(network.state().parameters().size(), gradients.size());
  const double scale = largest_gradient(exact);
  Comparison largest{.tolerance = kNetworkTolerance};
  const auto raise = [](double& value, double to) {
    if (!(to <= value) && !std::isnan(value)) value = to;
  };
  for (std::size_t i = 0; i < network.state().parameters().size(); ++i) {
    const auto& [name, parameter] = network.state().parameters()[i];
    if (!gradients.contains(name)) ADD_FAILURE() << group.path() << " has no gradient of " << name;
    const at::Tensor& exact_gradient = exact.parameters()[i].grad();
    const double own = exact_gradient.abs().max().item<double>();
    const double unit = own <= kNoise * scale ? scale / 10 : std::max(own, scale / 1000);
    const Comparison of_one = compare(parameter.grad(), gradients[name], exact_gradient, kNetworkTolerance, unit);
    raise(largest.deviation, of_one.deviation);
    raise(largest.error, of_one.error);
    raise(largest.published_error, of_one.published_error);
    raise(largest.rounding, of_one.rounding);
  }
  return largest;
}

/// Logits and gradients of the first step.
void check_first_step(const nn::Network& network, const nn::NetworkOutput& output, const nn::Network& exact,
                      const at::Tensor& exact_logits, const GoldenGroup& group, Path path) {
  check_array(group.group("step0"), "logits", output.logits, exact_logits, path, "training logits");
  report(path_name(group, path), "gradients", compare_gradients(network, exact, group));
}

/// Where a parameter's gradient is more than noise. Not of buffers: running means follow the biases before them.
std::map<std::string, at::Tensor> places_of_gradient(const nn::Network& exact) {
  const double scale = largest_gradient(exact);
  std::map<std::string, at::Tensor> places;
  for (const auto* part : {&exact.state().parameters(), &exact.state().tied_names()}) {
    for (const auto& [name, tensor] : *part) places[name] = tensor.grad().abs() > kNoise * scale;
  }
  for (const auto& [name, tensor] : exact.state().buffers()) places[name] = at::zeros_like(tensor, at::kBool);
  return places;
}

/// Adam divides by |gradient|, so a weight whose gradient is rounding noise may move by the learning rate either way:
/// 99% of the weights must be within 1e-4 and all within three steps of the learning rate. Dense arrays have even the
/// file's noise, so there the 99% are of all weights; the kernels add up in another order, so there they are of those
/// that have a gradient.
void check_state_after(const nn::Network& network, const nn::Network& exact, const GoldenGroup& group, Path path) {
  const GoldenGroup want = group.group("state_after");
  std::map<std::string, at::Tensor> state, places = places_of_gradient(exact);
  for (const auto* part : {&network.state().parameters(), &network.state().buffers(), &network.state().tied_names()}) {
    for (const auto& [name, tensor] : *part) state[name] = tensor.detach();
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
    if (!(deviation <= largest) && !std::isnan(largest)) largest = deviation;
    const at::Tensor counted = path == Path::kDense ? at::ones_like(tensor, at::kBool) : places.at(name);
    n_close += (((state[name] - tensor).abs() <= 1e-4) & counted).sum().item<std::int64_t>();
    n_values += counted.sum().item<std::int64_t>();
  }
  report(path_name(group, path), "state_after", largest, 3 * group.number("learning_rate"));
  report(path_name(group, path), "state_after, share of values farther than 1e-4",
         1 - static_cast<double>(n_close) / static_cast<double>(n_values), 0.01);
}

void check_training(nn::Network& network, const model::Architecture& architecture, const GoldenGroup& group,
                    Path path) {
  network.train();
  const double learning_rate = group.number("learning_rate");
  torch::optim::AdamWOptions options(learning_rate);
  options.weight_decay(group.number("weight_decay")).eps(group.number("adam_eps"));
  options.betas({group.numbers("betas").at(0), group.numbers("betas").at(1)});
  torch::optim::AdamW optimiser(network.parameters(), options);
  const auto losses = group.numbers("losses"), mask_losses = group.numbers("mask_losses"),
             norms = group.numbers("gradient_norms");

  const auto exact = exact_network(architecture, group);
  const at::Tensor exact_logits = forward_and_backward(*exact, group, 0).logits;
  const auto relative = [](double got, double want) { return want == 0 ? std::abs(got) : std::abs(got / want - 1); };
  std::vector<double> loss_deviations, norm_deviations;
  for (std::size_t step = 0; step < losses.size(); ++step) {
    static_cast<torch::optim::AdamWOptions&>(optimiser.param_groups()[0].options())
        .lr(learning_rate *
            std::pow(group.number("step_lr_gamma"), static_cast<std::int64_t>(step) / group.integer("step_lr_every")));
    at::Tensor loss;
    const nn::NetworkOutput output = forward_and_backward(network, group, step, &loss);
    if (step == 0) check_first_step(network, output, *exact, exact_logits, group, path);
    const double norm = torch::nn::utils::clip_grad_norm_(network.parameters(), group.number("gradient_clip_norm"));
    optimiser.step();
    loss_deviations.push_back(relative(loss.item<double>(), losses[step]));
    loss_deviations.push_back(relative(output.mask_loss.item<double>(), mask_losses.at(step)));
    norm_deviations.push_back(relative(norm, norms.at(step)));
  }
  const auto largest = [](const std::vector<double>& values) { return at::tensor(values).max().item<double>(); };
  report(path_name(group, path), "losses", largest(loss_deviations), kLossTolerance);
  report(path_name(group, path), "first gradient norm", norm_deviations.front(), kFirstNormTolerance);
  report(path_name(group, path), "gradient norms", largest(norm_deviations), kLaterNormTolerance);
  check_state_after(network, *exact, group, path);
}

void check_network(const GoldenGroup& group, const model::Architecture& architecture) {
  // Products split among two or four threads give the file's last bits, others do not, and state_after feels it: where
  // a gradient is only rounding, its sign decides where Adam goes.
  nn::set_torch_threads(2);
  const GoldenGroup want = group.group("eval");
  const sparse::CsrMatrix x = non_zeros(want.tensor("x"));
  for (const Path path : {Path::kDense, Path::kKernels}) {
    const std::unique_ptr<nn::Network> network = path == Path::kDense
                                                     ? std::make_unique<tests::DenseNetwork>(architecture, 1)
                                                     : nn::make_network(architecture, 1);
    network->state().load(group.group("state_before").tensors(), group.path());
    {
      const at::NoGradGuard no_gradient;
      const Explained in_double = explain(*exact_network(architecture, group), x.view());
      check_eval(explain(*network, x.view()), in_double, want, path);
      if (path == Path::kKernels) {
        check_eval(explain_by_inference(*network, architecture, x.view()), in_double, want, Path::kInference);
      }
    }
    check_training(*network, architecture, group, path);
  }
}

TEST(Golden, Tabnet) {
  SCTAB_NEED_GOLDEN(root);
  for (const GoldenGroup& group : root.group("tabnet").groups()) check_network(group, tabnet_architecture(group));
}

TEST(Golden, Linear) {
  SCTAB_NEED_GOLDEN(root);
  check_network(root.group("linear"), baseline_architecture(root.group("linear"), model::ModelKind::kLinear));
}

TEST(Golden, Mlp) {
  SCTAB_NEED_GOLDEN(root);
  check_network(root.group("mlp"), baseline_architecture(root.group("mlp"), model::ModelKind::kMlp));
}

}  // namespace
}  // namespace sctab::golden
