#pragma once

#include <filesystem>

#include "sctab/nn/network.hpp"

namespace sctab::nn {

/// Writes parameters and running statistics as .safetensors, tied weights once under their first name.
void save_weights(const std::filesystem::path& path, const Network& network);

/// Reads what save_weights() wrote, or a file that repeats tied weights. Throws InputError naming file and tensor.
void load_weights(const std::filesystem::path& path, Network& network);

}  // namespace sctab::nn
