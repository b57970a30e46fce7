#pragma once

#include "sctab/model/architecture.hpp"

namespace sctab::model::tests {

/// A network of each kind, small enough for differences: 12 genes, 5 types.
inline Architecture small_architecture(ModelKind kind) {
  Architecture architecture;
  architecture.kind = kind;
  architecture.n_genes = 12;
  architecture.n_types = 5;
  architecture.tabnet = {.n_d = 4, .n_a = 3, .n_steps = 2, .n_independent = 2, .n_shared = 2, .virtual_batch_size = 4};
  architecture.mlp = {.n_hidden = 2, .hidden_size = 6, .dropout = 0.3};
  return architecture;
}

inline constexpr ModelKind kAllKinds[] = {ModelKind::kTabnet, ModelKind::kMlp, ModelKind::kLinear};

}  // namespace sctab::model::tests
