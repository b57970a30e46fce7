#pragma once

#include <fmt/format.h>

#include <map>
#include <string>

#include "sctab/nn/network.hpp"
#include "support/checkpoint_writer.hpp"
#include "support/gene_id.hpp"

namespace sctab::published::tests {

using sctab::tests::CheckpointText;

inline std::string hparams_text(const model::Architecture& architecture) {
  std::string text = fmt::format(
      "gene_dim: {}\ntype_dim: {}\nlearning_rate: 0.005\noptimizer: !!python/name:torch.optim.adamw.AdamW ''\n"
      "lr_scheduler_kwargs:\n  gamma: 0.9\n  verbose: true\n",
      architecture.n_genes, architecture.n_types);
  const model::TabnetOptions& tabnet = architecture.tabnet;
  if (architecture.kind == model::ModelKind::kTabnet) {
    text += fmt::format(
        "n_d: {}\nn_a: {}\nn_steps: {}\ngamma: {}\nn_independent: {}\nn_shared: {}\nepsilon: {}\n"
        "virtual_batch_size: {}\nmomentum: {}\nmask_type: {}\n",
        tabnet.n_d, tabnet.n_a, tabnet.n_steps, tabnet.gamma, tabnet.n_independent, tabnet.n_shared, tabnet.epsilon,
        tabnet.virtual_batch_size, tabnet.momentum, model::name(tabnet.mask_type));
  }
  if (architecture.kind == model::ModelKind::kMlp) {
    text += fmt::format("hidden_size: {}\nn_hidden: {}\ndropout: {}\n", architecture.mlp.hidden_size,
                        architecture.mlp.n_hidden, architecture.mlp.dropout);
  }
  return text;
}

/// The network's state as its authors would publish it: tied names with one storage, and what training leaves beside.
inline CheckpointText checkpoint_of(const nn::Network& network) {
  CheckpointText text;
  std::map<const void*, std::string> storage_of;
  text.add("class_weights", {2}, {1, 2});
  text.add("augmentations", {3, 2}, {1, 2, 3, 4, 5, 6});
  text.add("val_metrics.f1_micro.tp", {}, {0});
  const nn::NetworkState& state = network.state();
  for (const auto* part : {&state.parameters(), &state.buffers(), &state.tied_names()}) {
    for (const auto& [name, tensor] : *part) {
      const at::Tensor values = tensor.detach().contiguous();
      const bool whole = !values.is_floating_point();
      auto& key = storage_of[tensor.unsafeGetTensorImpl()];
      if (key.empty()) {
        key = std::to_string(text.storages.size());
        text.storages[key] = std::string(static_cast<const char*>(values.data_ptr()), values.nbytes());
      }
      text.tensors.push_back({"classifier." + name, values.sizes().vec(), key, whole ? "LongStorage" : "FloatStorage"});
    }
  }
  return text;
}

/// var.csv and cell_type.csv with as many genes and labels as the network has.
inline std::string genes_text(const model::Architecture& architecture) {
  std::string text = ",feature_id,feature_name\n";
  for (int i = 0; i < architecture.n_genes; ++i) text += fmt::format("{},{},G{}\n", i, sctab::tests::gene_id(i + 1), i);
  return text;
}
inline std::string labels_text(const model::Architecture& architecture) {
  std::string text = ",label,cell_type_ontology_term_id\n";
  for (int i = 0; i < architecture.n_types; ++i) text += fmt::format("{},\"type, {}\",CL:{:07}\n", i, i, i + 1);
  return text;
}

}  // namespace sctab::published::tests
