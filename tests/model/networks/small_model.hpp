#pragma once

#include <fmt/format.h>

#include <filesystem>

#include "model/small_description.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::model::tests {

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
