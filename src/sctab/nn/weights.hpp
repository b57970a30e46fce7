#pragma once

#include <filesystem>

#include "sctab/formats/safetensors/safetensors.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

struct TensorFile {
  std::vector<NamedTensor> tensors;  // in the order of their data
  safetensors::Metadata metadata;
};

/// safetensors::write() and safetensors::read() for tensors of torch, each with its errors.
void write_tensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                   const safetensors::Metadata& metadata = {});
TensorFile read_tensors(const std::filesystem::path& path);

/// Writes parameters and running statistics as .safetensors, tied weights once under their first name.
void save_weights(const std::filesystem::path& path, const Network& network);

/// Reads what save_weights() wrote, or a file that repeats tied weights. Throws InputError naming file and tensor.
void load_weights(const std::filesystem::path& path, Network& network);

}  // namespace sctab::nn
