#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/model/import_checkpoint.hpp"
#include "sctab/model/network_tensors.hpp"
#include "support/checkpoint_writer.hpp"
#include "support/fixtures.hpp"
#include "support/gene_id.hpp"

namespace sctab::model::tests {

using sctab::tests::CheckpointText;

inline std::string hparams_text(const Architecture& architecture) {
  std::string text = fmt::format(
      "gene_dim: {}\ntype_dim: {}\nlearning_rate: 0.005\noptimizer: !!python/name:torch.optim.adamw.AdamW ''\n"
      "lr_scheduler_kwargs:\n  gamma: 0.9\n  verbose: true\n",
      architecture.n_genes, architecture.n_types);
  const TabnetOptions& tabnet = architecture.tabnet;
  if (architecture.kind == ModelKind::kTabnet) {
    text += fmt::format(
        "n_d: {}\nn_a: {}\nn_steps: {}\ngamma: {}\nn_independent: {}\nn_shared: {}\nepsilon: {}\n"
        "virtual_batch_size: {}\nmomentum: {}\nmask_type: {}\n",
        tabnet.n_d, tabnet.n_a, tabnet.n_steps, tabnet.gamma, tabnet.n_independent, tabnet.n_shared, tabnet.epsilon,
        tabnet.virtual_batch_size, tabnet.momentum, name(tabnet.mask_type));
  }
  if (architecture.kind == ModelKind::kMlp) {
    text += fmt::format("hidden_size: {}\nn_hidden: {}\ndropout: {}\n", architecture.mlp.hidden_size,
                        architecture.mlp.n_hidden, architecture.mlp.dropout);
  }
  return text;
}

/// The numbers of a tensor as bytes: int64 for counters, else float32.
using TensorBytes = std::function<std::string(const NetworkTensor&)>;

/// Between 0.5 and 1.5, as running variances must not be negative; counters are 7.
inline std::string random_bytes(const NetworkTensor& tensor) {
  const auto n = static_cast<std::size_t>(
      std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1}, std::multiplies<>()));
  const auto bytes = [](const auto& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
  };
  if (tensor.role == NetworkTensor::Role::kCounter) return bytes(std::vector<std::int64_t>(n, 7));
  core::Rng rng = core::Rng(3).child(tensor.name);
  std::vector<float> values(n);
  std::ranges::generate(values, [&] { return static_cast<float>(0.5 + rng.uniform()); });
  return bytes(values);
}

/// A network as its authors would publish it: tied names with one storage, and what training leaves with it.
inline CheckpointText checkpoint_of(const Architecture& architecture, const TensorBytes& bytes_of = random_bytes) {
  CheckpointText text;
  text.add("class_weights", {2}, {1, 2});
  text.add("augmentations", {3, 2}, {1, 2, 3, 4, 5, 6});
  text.add("val_metrics.f1_micro.tp", {}, {0});
  for (const NetworkTensor& tensor : network_tensors(architecture)) {
    const std::string& storage = tensor.tied_to.empty() ? tensor.name : tensor.tied_to;
    if (tensor.tied_to.empty()) text.storages[storage] = bytes_of(tensor);
    const bool is_counter = tensor.role == NetworkTensor::Role::kCounter;
    text.tensors.push_back(
        {"classifier." + tensor.name, tensor.shape, storage, is_counter ? "LongStorage" : "FloatStorage"});
  }
  return text;
}

/// var.csv and cell_type.csv with as many genes and labels as the network has.
inline std::string genes_text(const Architecture& architecture) {
  std::string text = ",feature_id,feature_name\n";
  for (int i = 0; i < architecture.n_genes; ++i) text += fmt::format("{},{},G{}\n", i, sctab::tests::gene_id(i + 1), i);
  return text;
}
inline std::string labels_text(const Architecture& architecture) {
  std::string text = ",label,cell_type_ontology_term_id\n";
  for (int i = 0; i < architecture.n_types; ++i) text += fmt::format("{},\"type, {}\",CL:{:07}\n", i, i, i + 1);
  return text;
}

/// Files of one published network below a folder, with as many genes and labels as it has.
class PublishedFiles {
 public:
  PublishedFiles(const Architecture& architecture, const CheckpointText& checkpoint) {
    options.checkpoint = folder / "epoch=41.ckpt";
    options.hparams = folder / "hparams.yaml";
    options.genes = folder / "var.csv";
    options.labels = folder / "cell_type.csv";
    options.output = folder / "model";
    checkpoint.write(options.checkpoint);
    write(options.hparams, hparams_text(architecture));
    write(options.genes, genes_text(architecture));
    write(options.labels, labels_text(architecture));
  }

  static void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

  sctab::tests::TemporaryFolder folder;
  ImportOptions options;
};

}  // namespace sctab::model::tests
