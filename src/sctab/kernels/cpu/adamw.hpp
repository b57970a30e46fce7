#pragma once

#include <cstdint>

namespace sctab::kernels::cpu {

/// What one step multiplies with, the same for all values.
struct AdamWFactors {
  float gradient;                  // clipping
  float decay;                     // of the parameter
  float beta1, one_minus_beta1;    // of exp_avg
  float beta2, one_minus_beta2;    // of exp_avg_sq
  float root_correction, epsilon;  // of sqrt(exp_avg_sq)
  float rate;                      // of the update
};

struct AdamWState {
  float *parameter, *exp_avg, *exp_avg_sq;
};

void adamw(const AdamWFactors& factors, std::int64_t n, const float* gradient, const AdamWState& state);

double sum_of_squares(const float* values, std::int64_t n);

}  // namespace sctab::kernels::cpu
