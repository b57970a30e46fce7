#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sctab::kernels {

/// Moments of the activations of each virtual batch. Batch norm of their product with any weights needs no more, since
/// the product's mean is mean · w_j and its variance w_jᵀ · covariance · w_j.
struct ActivationMoments {
  std::int64_t n_a = 0;
  std::vector<float> mean;        // n_batches × n_a
  std::vector<float> covariance;  // n_batches × n_a × n_a, biased

  [[nodiscard]] const float* mean_of(std::int64_t batch) const { return mean.data() + batch * n_a; }
  [[nodiscard]] const float* covariance_of(std::int64_t batch) const { return covariance.data() + batch * n_a * n_a; }
};

/// activations: n_cells × n_a; batch_starts as virtual_batch_starts() gives them.
ActivationMoments activation_moments(std::span<const float> activations, std::int64_t n_a,
                                     std::span<const std::int64_t> batch_starts);

/// Rows [first, last) of the activations less `mean`.
std::vector<float> centred_rows(std::span<const float> activations, std::int64_t n_a, std::int64_t first,
                                std::int64_t last, const float* mean);

}  // namespace sctab::kernels
