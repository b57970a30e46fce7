#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/model/architecture.hpp"

namespace sctab::tests {

/// 1.5-entmax of each row (Peters et al. 2019): max(z/2 − tau, 0)², tau such that the row sums to 1. Sparse: only
/// entries above max(z) − 2 can be non-zero.
/// z: rows × columns, float or double, on the CPU. A row that holds NaN or has an infinite maximum becomes NaN.
at::Tensor entmax15(const at::Tensor& z);

/// sparsemax of each row (Martins and Astudillo 2016): max(z − tau, 0), the nearest point of the simplex. Only entries
/// above max(z) − 1 can be non-zero. As entmax15() otherwise.
at::Tensor sparsemax(const at::Tensor& z);

inline at::Tensor mask_activation(model::MaskType type, const at::Tensor& z) {
  return type == model::MaskType::kEntmax ? entmax15(z) : sparsemax(z);
}

}  // namespace sctab::tests
