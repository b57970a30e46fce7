#pragma once

#include <span>

namespace sctab::kernels {

/// out = x · sigmoid(x), value by value: torch's rounds otherwise where its threads' shares end.
void silu(std::span<const float> x, std::span<float> out);

/// dx = dout · (s + x · s · (1 - s)), s = sigmoid(x); overwritten.
void silu_backward(std::span<const float> x, std::span<const float> dout, std::span<float> dx);

}  // namespace sctab::kernels
