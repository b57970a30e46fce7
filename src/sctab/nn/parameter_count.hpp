#pragma once

#include <cstdint>

#include "sctab/nn/architecture.hpp"

namespace sctab::nn {

/// What an optimiser trains: weights shared by several layers count once, running statistics not at all. A network, not
/// a baseline.
std::int64_t count_parameters(const Architecture& architecture);

}  // namespace sctab::nn
