#pragma once

#include <fmt/format.h>

#include <filesystem>

#include "sctab/model/model_directory.hpp"
#include "sctab/nn/network.hpp"
#include "support/gene_id.hpp"
#include "support/small_networks.hpp"

namespace sctab::model::tests {

inline model::ModelDescription small_description(model::ModelKind kind, const std::string& name) {
  model::ModelDescription description;
  description.name = name;
  description.architecture = small_architecture(kind);
  for (int i = 0; i < 12; ++i) {
    description.genes.ids.push_back(sctab::tests::gene_id(i));
    description.genes.symbols.push_back(i % 2 == 0 ? "" : fmt::format("GENE{}", i));
  }
  for (int i = 0; i < 5; ++i)
    description.cell_types.push_back({fmt::format("type, {}", i), fmt::format("CL:{:07}", i)});
  description.ontology = {{"version", "cl/releases/2023-07-20"}, {"terms", nlohmann::json::array()}};
  description.training = {{"n_train_cells", 8500}, {"plan", {{"batch_size", 256}}}, {"reasons", {"batch 256: small"}}};
  return description;
}

/// A model directory with the weights that nn::make_network() gives for seeds 1, 2, … one per member.
inline void write_small_model(const std::filesystem::path& directory, model::ModelKind kind,
                              std::size_t n_members = 1) {
  std::filesystem::create_directory(directory);
  model::ModelDescription description = small_description(kind, directory.filename().string());
  if (n_members > 1) description.members.clear();
  for (std::size_t i = 1; n_members > 1 && i <= n_members; ++i) {
    description.members.push_back(fmt::format("member-{}.safetensors", i));
  }
  for (std::size_t i = 0; i < description.members.size(); ++i) {
    nn::save_weights(directory / description.members[i], nn::make_network(description.architecture, i + 1)->state());
  }
  model::write_description(directory, description);
}

}  // namespace sctab::model::tests
