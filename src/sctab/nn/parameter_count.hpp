#pragma once

#include <cstdint>

#include "sctab/model/architecture.hpp"

namespace sctab::nn {

/// What an optimiser trains: weights shared by several layers count once, running statistics not at all. Of a
/// mixed ensemble the sum over its members. No baseline.
std::int64_t count_parameters(const model::Architecture& architecture);

}  // namespace sctab::nn
