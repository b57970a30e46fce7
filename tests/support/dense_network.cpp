#include "support/dense_network.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "sctab/nn/torch_runtime.hpp"
#include "support/mask_activation.hpp"

namespace sctab::tests {
namespace {

using nn::LayerMode;
using nn::LayerPass;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct MaskLoss : torch::autograd::Function<MaskLoss> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& mask, double epsilon) {
    context->save_for_backward({mask});
    context->saved_data["epsilon"] = epsilon;
    return mask.add(epsilon).log_().mul_(mask).sum(1).mean();
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor mask = context->get_saved_variables()[0];
    const at::Tensor shifted = mask.add(context->saved_data["epsilon"].toDouble());
    const at::Tensor slope = (mask / shifted).add_(shifted.log());
    return {slope.mul_(gradients[0] / static_cast<double>(mask.size(0))), Variable()};
  }
};

}  // namespace

at::Tensor dense_mask_loss(const at::Tensor& mask, double epsilon) {
  return MaskLoss::apply(mask, epsilon);
}

at::Tensor DenseBatchNorm::forward(const at::Tensor& x, const LayerPass& pass) {
  const std::int64_t n_parts = options.virtual_batch_size == 0 ? 1 : x.size(0) / options.virtual_batch_size;
  if (pass.mode != LayerMode::kTrain || n_parts <= 1) return normalise(x, pass);
  std::vector<at::Tensor> parts = x.chunk(n_parts);
  for (at::Tensor& part : parts) part = normalise(part, pass);
  return at::cat(parts);
}

at::Tensor DenseBatchNorm::normalise(const at::Tensor& x, const LayerPass& pass) {
  const auto by = [&](const at::Tensor& mean, const at::Tensor& var, bool of_batch) {
    return at::batch_norm(x, weight, bias, mean, var, of_batch, options.momentum, options.epsilon, false);
  };
  if (pass.mode == LayerMode::kEstimate) {
    merge_statistics(x.detach(), pass.cells_before);
    return by({}, {}, true);
  }
  const bool of_batch = pass.mode == LayerMode::kTrain && x.size(0) > 1;
  if (of_batch) num_batches_tracked.add_(1);
  return by(running_mean, running_var, of_batch);
}

void DenseBatchNorm::merge_statistics(const at::Tensor& x, std::int64_t cells_before) {
  const auto before = static_cast<double>(cells_before), total = before + static_cast<double>(x.size(0));
  // Sums of squares around the mean of those before, in double; the variance of a single cell is taken as 0.
  const at::Tensor centre =
      cells_before == 0 ? at::zeros_like(running_mean, at::kDouble) : running_mean.to(at::kDouble);
  const at::Tensor deviation = x.to(at::kDouble) - centre, shift = deviation.sum(0) / total;
  const at::Tensor squares = running_var.to(at::kDouble) * std::max(before - 1, 0.0) + deviation.square().sum(0);
  running_mean.copy_(centre + shift);
  running_var.copy_((squares - total * shift.square()) / std::max(total - 1, 1.0));
}

DenseNetwork::DenseNetwork(const model::Architecture& architecture, std::uint64_t seed)
    : Network(seed), architecture_(architecture) {
  state_ = nn::make_network(architecture, seed)->state();
  for (const auto* group : {&state_.parameters(), &state_.buffers(), &state_.tied_names()}) {
    for (const auto& [name, tensor] : *group) tensors_.emplace(name, tensor);
  }
}

void DenseNetwork::convert_to(at::ScalarType type) {
  for (const auto* group : {&state_.parameters(), &state_.buffers()}) {
    for (const auto& [name, tensor] : *group) {
      if (tensor.is_floating_point()) tensor.set_data(tensor.detach().to(type));
    }
  }
}

nn::NetworkOutput DenseNetwork::run(sparse::CsrView cells, const LayerPass& pass, nn::Explanation* explanation) {
  const at::Tensor x = nn::dense_tensor(cells).to(state_.parameters().front().tensor.scalar_type());
  if (architecture_.kind == model::ModelKind::kTabnet) return run_tabnet(x, pass, explanation);
  if (architecture_.kind == model::ModelKind::kMlp) return run_mlp(x, pass);
  const at::Tensor logits = linear(x, "");
  return {logits, at::zeros({}, logits.options()), logits};
}

at::Tensor DenseNetwork::linear(const at::Tensor& x, const std::string& layer) const {
  return at::linear(x, tensor(layer + "weight").contiguous(), tensor(layer + "bias"));
}

at::Tensor DenseNetwork::batch_norm(const at::Tensor& x, const std::string& layer, const LayerPass& pass,
                                    const nn::BatchNormOptions& options) {
  const auto tensor = [&](const char* name) { return tensors_.at(layer + name); };
  return DenseBatchNorm{
      tensor("weight"), tensor("bias"), tensor("running_mean"), tensor("running_var"), tensor("num_batches_tracked"),
      options}
      .forward(x, pass);
}

at::Tensor DenseNetwork::ghost_norm(const at::Tensor& x, const std::string& layer, const LayerPass& pass) {
  const model::TabnetOptions& options = architecture_.tabnet;
  return batch_norm(x, layer + "bn.bn.", pass,
                    {.momentum = options.momentum, .virtual_batch_size = options.virtual_batch_size});
}

nn::NetworkOutput DenseNetwork::run_mlp(const at::Tensor& x, const LayerPass& pass) {
  at::Tensor h = x;
  for (std::int64_t i = 0; i < architecture_.mlp.n_hidden; ++i) {
    // Four positions a layer: linear, batch norm, SiLU, dropout.
    const at::Tensor projected = linear(h, fmt::format("encoder.{}.", 4 * i));
    h = at::silu(batch_norm(projected, fmt::format("encoder.{}.", 4 * i + 1), pass));
    const double kept = 1 - architecture_.mlp.dropout;
    if (pass.mode == LayerMode::kTrain && kept < 1) h = h * at::empty_like(h).bernoulli_(kept, dropout_).div_(kept);
  }
  return {linear(h, "linear."), at::zeros({}, h.options()), h};
}

at::Tensor DenseNetwork::transform(const at::Tensor& genes, const std::string& transformer, const LayerPass& pass) {
  at::Tensor out;
  for (const auto& [part, n_layers] : {std::pair("shared", architecture_.tabnet.n_shared),
                                       std::pair("specifics", architecture_.tabnet.n_independent)}) {
    for (std::int64_t i = 0; i < n_layers; ++i) {
      const std::string layer = fmt::format("{}{}.glu_layers.{}.", transformer, part, i);
      const at::Tensor& weight = tensor(layer + "fc.weight");
      if (!out.defined()) {
        out = at::glu(ghost_norm(at::linear(genes, weight.contiguous()), layer, pass), 1);
      } else {
        out = (out + at::glu(ghost_norm(at::linear(out, weight), layer, pass), 1)) * std::sqrt(0.5);
      }
    }
  }
  return out;
}

at::Tensor DenseNetwork::attend(const at::Tensor& attention, const at::Tensor& prior, const std::string& transformer,
                                const LayerPass& pass) {
  at::Tensor scores = ghost_norm(at::linear(attention, tensor(transformer + "fc.weight")), transformer, pass);
  if (prior.defined()) scores = scores * prior;
  return mask_activation(architecture_.tabnet.mask_type, scores);
}

nn::NetworkOutput DenseNetwork::run_tabnet(const at::Tensor& x, const LayerPass& pass, nn::Explanation* explanation) {
  const model::TabnetOptions& options = architecture_.tabnet;
  const at::Tensor genes = batch_norm(x, "encoder.initial_bn.", pass, {.momentum = 0.01});
  const auto attention_part = [&](const at::Tensor& out) { return out.narrow(1, options.n_d, options.n_a); };
  at::Tensor attention = attention_part(transform(genes, "encoder.initial_splitter.", pass));
  at::Tensor embedding, loss, prior;
  for (std::int64_t step = 0; step < options.n_steps; ++step) {
    const at::Tensor mask = attend(attention, prior, fmt::format("encoder.att_transformers.{}.", step), pass);
    const at::Tensor step_loss = dense_mask_loss(mask, options.epsilon);
    loss = loss.defined() ? loss + step_loss : step_loss;

    const at::Tensor out = transform(mask * genes, fmt::format("encoder.feat_transformers.{}.", step), pass);
    const at::Tensor contribution = out.narrow(1, 0, options.n_d).relu();
    embedding = embedding.defined() ? embedding + contribution : contribution;
    attention = attention_part(out);
    if (step + 1 < options.n_steps) prior = prior.defined() ? prior * (options.gamma - mask) : options.gamma - mask;

    if (explanation == nullptr) continue;
    const at::Tensor weighted = mask * contribution.sum(1, true);
    explanation->importance = step == 0 ? weighted : explanation->importance + weighted;
    explanation->masks.push_back(mask);
  }
  return {at::linear(embedding, tensor("final_mapping.weight")), loss / static_cast<double>(options.n_steps),
          embedding};
}

}  // namespace sctab::tests
