#pragma once

#include <fmt/format.h>

#include "sctab/model/model_directory.hpp"
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

}  // namespace sctab::model::tests
