#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sctab/model/architecture.hpp"

namespace sctab::model {

/// A tensor of a network, as .safetensors files and the published checkpoints name it.
struct NetworkTensor {
  enum class Role : std::uint8_t {
    kParameter,  // trained; float32
    kStatistic,  // of batch norm: running means and variances, float32
    kCounter,    // of batch norm: the batches seen, one int64
    kTied,       // one more name of a parameter: TabNet's steps share their first layers
  };
  std::string name;
  std::vector<std::int64_t> shape;  // row-major; empty: one number
  Role role = Role::kParameter;
  std::string tied_to{};  // the parameter's first name
};

/// The tensors of a network in the published order: parameters, statistics and counters, tied names. The kind is a
/// network's, and the sizes are valid.
std::vector<NetworkTensor> network_tensors(const Architecture& architecture);

/// What an optimiser trains: weights that several layers share count once, running statistics not at all. For a mixed
/// ensemble, the sum over its members. The kind is a network's or kMixed.
std::int64_t count_parameters(const Architecture& architecture);

}  // namespace sctab::model
