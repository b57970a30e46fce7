#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "sctab/core/error.hpp"

namespace sctab::nn {

/// A tensor's values as the kernels take them, row-major: float32, contiguous, on the CPU.
inline std::span<float> values(const at::Tensor& tensor) {
  SCTAB_ASSERT(tensor.scalar_type() == at::kFloat && tensor.is_contiguous() && tensor.device().is_cpu());
  return {static_cast<float*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel())};
}

/// The same in the order of memory, whatever that is, for what does not ask where a value stands.
inline std::span<float> values_in_memory(const at::Tensor& tensor) {
  SCTAB_ASSERT(tensor.scalar_type() == at::kFloat && tensor.is_non_overlapping_and_dense() && tensor.device().is_cpu());
  return {static_cast<float*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace sctab::nn
