#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sctab/nn/network_state.hpp"
#include "support/random_tensors.hpp"
#include "support/small_networks.hpp"

namespace sctab::nn::tests {

using model::tests::small_architecture;

inline constexpr std::int32_t kGenes = 150;

struct Case {
  std::string name;
  model::Architecture architecture;
};

inline Case tabnet(std::string name, model::TabnetOptions options) {
  Case result{std::move(name), small_architecture(model::ModelKind::kTabnet)};
  result.architecture.n_genes = kGenes;
  result.architecture.tabnet = options;
  return result;
}

inline Case other(std::string name, model::ModelKind kind, std::int64_t n_hidden) {
  Case result{std::move(name), small_architecture(kind)};
  result.architecture.n_genes = kGenes;
  result.architecture.mlp = {.n_hidden = n_hidden, .hidden_size = 6, .dropout = 0};
  return result;
}

/// The same with three inputs of a covariate behind the genes.
inline Case with_levels(Case result) {
  result.architecture.n_levels = 3;
  return result;
}

inline std::vector<Case> all_cases() {
  const model::TabnetOptions small{.n_d = 8, .n_a = 5, .n_independent = 2, .n_shared = 2, .virtual_batch_size = 16};
  model::TabnetOptions steps = small, sparsemax = small, unshared = small, no_independent = small, odd = small;
  steps.n_steps = 3;
  sparsemax.n_steps = 2;
  sparsemax.mask_type = model::MaskType::kSparsemax;
  unshared.n_shared = 0;
  unshared.n_steps = 2;
  no_independent.n_independent = 0;
  odd.n_d = 7;
  odd.n_a = 1;
  return {tabnet("one_step", small),
          tabnet("three_steps", steps),
          tabnet("sparsemax", sparsemax),
          tabnet("no_shared_layers", unshared),
          tabnet("odd_widths", odd),
          tabnet("no_independent_layers", no_independent),
          other("mlp", model::ModelKind::kMlp, 2),
          other("shallow_mlp", model::ModelKind::kMlp, 1),
          other("linear", model::ModelKind::kLinear, 1),
          with_levels(tabnet("tabnet_with_levels", steps)),
          with_levels(other("linear_with_levels", model::ModelKind::kLinear, 1))};
}

/// Makes batch norms other than the identity, so that their gradients and folds show.
inline void spread_norms(NetworkState& state) {
  std::uint64_t seed = 0;
  for (const auto& [name, tensor] : state.parameters()) {
    if (tensor.dim() == 1) tensor.detach().add_(0.3 * normal_tensor(tensor.sizes(), ++seed).to(at::kFloat));
  }
  for (const auto& [name, tensor] : state.buffers()) {
    if (tensor.is_floating_point()) tensor.add_(normal_tensor(tensor.sizes(), ++seed).abs().to(at::kFloat));
  }
}

}  // namespace sctab::nn::tests
