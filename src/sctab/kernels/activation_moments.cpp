#include "sctab/kernels/activation_moments.hpp"

#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

void column_means(const float* rows, std::int64_t n_rows, std::int64_t width, float* mean) {
  std::vector<double> sums(static_cast<std::size_t>(width), 0.0);
  for (std::int64_t row = 0; row < n_rows; ++row) {
    for (std::int64_t c = 0; c < width; ++c)
      sums[static_cast<std::size_t>(c)] += static_cast<double>(rows[row * width + c]);
  }
  for (std::int64_t c = 0; c < width; ++c) {
    mean[c] = static_cast<float>(sums[static_cast<std::size_t>(c)] / static_cast<double>(n_rows));
  }
}

}  // namespace

std::vector<float> centred_rows(std::span<const float> activations, std::int64_t n_a, std::int64_t first,
                                std::int64_t last, const float* mean) {
  std::vector<float> centred(activations.begin() + first * n_a, activations.begin() + last * n_a);
  for (std::int64_t row = 0; row < last - first; ++row) {
    for (std::int64_t c = 0; c < n_a; ++c) centred[static_cast<std::size_t>(row * n_a + c)] -= mean[c];
  }
  return centred;
}

ActivationMoments activation_moments(std::span<const float> activations, std::int64_t n_a,
                                     std::span<const std::int64_t> batch_starts) {
  const std::int64_t n_batches = std::ssize(batch_starts) - 1;
  ActivationMoments moments{n_a, std::vector<float>(static_cast<std::size_t>(n_batches * n_a)),
                            std::vector<float>(static_cast<std::size_t>(n_batches * n_a * n_a))};
  parallel_for(n_batches, [&](std::int64_t batch) {
    const std::int64_t first = batch_starts[static_cast<std::size_t>(batch)];
    const std::int64_t last = batch_starts[static_cast<std::size_t>(batch) + 1];
    float* mean = moments.mean.data() + batch * n_a;
    column_means(activations.data() + first * n_a, last - first, n_a, mean);
    const std::vector<float> centred = centred_rows(activations, n_a, first, last, mean);
    const cpu::StridedMatrix rows(centred.data(), last - first, n_a);
    cpu::gemm(1.0F / static_cast<float>(last - first), rows.transposed(), rows, 0,
              moments.covariance.data() + batch * n_a * n_a);
  });
  return moments;
}

}  // namespace sctab::kernels
