#pragma once

#include <filesystem>

#include "sctab/model/safetensors.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

struct TensorFile {
  std::vector<NamedTensor> tensors;  // in the order of their data
  model::SafetensorsMetadata metadata;
};

/// model::write_safetensors() and model::read_safetensors() for tensors of torch, each with its errors.
void write_tensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                   const model::SafetensorsMetadata& metadata = {});
TensorFile read_tensors(const std::filesystem::path& path);

/// Writes parameters and running statistics as .safetensors, tied weights once under their first name.
void save_weights(const std::filesystem::path& path, const Network& network);

/// Reads what save_weights() wrote, or a file that repeats tied weights. Throws InputError naming file and tensor.
void load_weights(const std::filesystem::path& path, Network& network);

}  // namespace sctab::nn
