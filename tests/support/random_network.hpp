#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <numeric>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/formats/safetensors/safetensors.hpp"
#include "sctab/model/network_tensors.hpp"

namespace sctab::tests {

/// Random weights of a network as a .safetensors file, without libtorch. Matrices have deviations of
/// scale / sqrt(inputs); norms have weights and variances from 0.5 to 1.5.
inline void write_random_network(const std::filesystem::path& path, const model::Architecture& architecture,
                                 std::uint64_t seed, double scale = 1) {
  core::Rng rng(seed);
  std::vector<safetensors::ArrayView> views;
  const std::vector<model::NetworkTensor> tensors = model::network_tensors(architecture);
  std::vector<std::vector<float>> values;
  values.reserve(tensors.size());
  constexpr std::int64_t kCount = 0;
  for (const model::NetworkTensor& tensor : tensors) {
    if (!tensor.tied_to.empty()) continue;
    if (tensor.role == model::NetworkTensor::Role::kCounter) {
      views.push_back({tensor.name, safetensors::NumberType::kI64, tensor.shape, std::as_bytes(std::span(&kCount, 1))});
      continue;
    }
    const auto n = std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1}, std::multiplies<>());
    const bool is_bias = tensor.name.ends_with("bias") || tensor.name.ends_with("mean");
    const double deviation = scale / std::sqrt(static_cast<double>(tensor.shape.back()));
    std::vector<float>& numbers = values.emplace_back(static_cast<std::size_t>(n));
    for (float& number : numbers) {
      const double uniform = rng.uniform();
      number = static_cast<float>(tensor.shape.size() > 1 ? deviation * std::sqrt(12.0) * (uniform - 0.5)
                                  : is_bias               ? 0.4 * (uniform - 0.5)
                                                          : 0.5 + uniform);
    }
    views.push_back({tensor.name, safetensors::NumberType::kF32, tensor.shape, std::as_bytes(std::span(numbers))});
  }
  safetensors::write(path, std::move(views));
}

}  // namespace sctab::tests
