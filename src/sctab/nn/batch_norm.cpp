#include "sctab/nn/batch_norm.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/differentiable.hpp"

namespace sctab::nn {

BatchNorm::BatchNorm(const LayerScope& scope, std::int64_t width, const BatchNormOptions& options)
    : weight_(scope.parameter("weight", at::ones({width}))),
      bias_(scope.parameter("bias", at::zeros({width}))),
      running_mean_(scope.buffer("running_mean", at::zeros({width}))),
      running_var_(scope.buffer("running_var", at::ones({width}))),
      num_batches_tracked_(scope.buffer("num_batches_tracked", at::zeros({}, at::kLong))),
      options_(options) {}

at::Tensor BatchNorm::forward(const at::Tensor& x, const LayerPass& pass) {
  SCTAB_ASSERT(options_.virtual_batch_size == 0);
  const kernels::Backend& kernels = *pass.kernels;
  const at::Tensor input = x.detach().contiguous(), weight = weight_.detach();
  const std::int64_t n_cells = input.size(0), n_columns = width();
  const NormStatistics used = statistics(n_cells, pass, [&](auto batch_starts, auto mean, auto variance) {
    kernels.column_statistics(values(input), n_columns, batch_starts, mean, variance);
  });
  const bool of_batch = pass.mode == LayerMode::kTrain && n_cells > 1;
  const at::Tensor inverse_sd = (used.variance + options_.epsilon).rsqrt(), xhat = (input - used.mean) * inverse_sd;
  return differentiable(xhat * weight + bias_.detach(), {x, weight_, bias_},
                        [=, &kernels](const at::Tensor& dout) -> std::vector<at::Tensor> {
                          // torch's sums depend on the number of threads; products with ones do not.
                          const at::Tensor ones = at::ones({n_cells}), weighted = dout * xhat;
                          at::Tensor dweight = at::empty({n_columns}), dbias = at::empty({n_columns}), dxhat = dout;
                          kernels.transposed_product(values(ones), values(weighted), n_cells, values(dweight));
                          kernels.transposed_product(values(ones), values(dout), n_cells, values(dbias));
                          if (of_batch) dxhat = dout - (dbias + xhat * dweight) / static_cast<double>(n_cells);
                          return {dxhat * (weight * inverse_sd), dweight, dbias};
                        });
}

NormStatistics BatchNorm::statistics(std::int64_t n_cells, const LayerPass& pass, const ComputeStatistics& compute) {
  const at::NoGradGuard no_gradient;
  if (pass.mode == LayerMode::kEval) return {{0, n_cells}, running_mean_.unsqueeze(0), running_var_.unsqueeze(0)};
  const bool train = pass.mode == LayerMode::kTrain;
  NormStatistics result;
  const std::int64_t virtual_size = train && options_.virtual_batch_size > 0 ? options_.virtual_batch_size : n_cells;
  result.batch_starts = kernels::virtual_batch_starts(n_cells, virtual_size);
  const std::int64_t n_batches = std::ssize(result.batch_starts) - 1;
  result.mean = at::zeros({n_batches, width()});
  result.variance = at::zeros({n_batches, width()});
  compute(result.batch_starts, values(result.mean), values(result.variance));
  if (!train) {
    merge_statistics(result.mean[0], result.variance[0], n_cells, pass.cells_before);
    return result;
  }
  const kernels::GhostNorm norm = with(result);
  pass.kernels->update_running_statistics(norm, static_cast<float>(options_.momentum), values(running_mean_),
                                          values(running_var_));
  std::int64_t n_tracked = 0;
  for (std::int64_t batch = 0; batch < n_batches; ++batch) {
    if (norm.size_of(batch) > 1) {
      ++n_tracked;
      continue;
    }
    // One cell has no variance: as torch's chunks, it takes the running ones, which those before it have moved.
    result.mean[batch].copy_(running_mean_);
    result.variance[batch].copy_(running_var_);
  }
  num_batches_tracked_.add_(n_tracked);
  return result;
}

kernels::GhostNorm BatchNorm::with(const NormStatistics& statistics) const {
  return {statistics.batch_starts,
          values(weight_),
          values(bias_),
          values(statistics.mean),
          values(statistics.variance),
          static_cast<float>(options_.epsilon)};
}

kernels::GhostNorm BatchNorm::running() const {
  return {{},
          values(weight_),
          values(bias_),
          values(running_mean_),
          values(running_var_),
          static_cast<float>(options_.epsilon)};
}

FoldedNorm BatchNorm::folded(const at::Tensor& mean, const at::Tensor& variance) const {
  const at::Tensor deviation = (variance.to(at::kDouble) + options_.epsilon).sqrt();
  const at::Tensor scale = (weight_.to(at::kDouble) / deviation).to(at::kFloat);
  // Uses the rounded scale, so that mean · scale cancels x · scale.
  const at::Tensor shift = bias_.to(at::kDouble) - scale.to(at::kDouble) * mean.to(at::kDouble);
  return {scale, shift.to(at::kFloat)};
}

void BatchNorm::merge_statistics(const at::Tensor& mean, const at::Tensor& variance, std::int64_t n_cells,
                                 std::int64_t cells_before) {
  if (cells_before == 0) {
    running_mean_.zero_();
    running_var_.zero_();
  }
  const auto before = static_cast<double>(cells_before);
  const auto added = static_cast<double>(n_cells);
  const double total = before + added;
  const at::Tensor shift = mean - running_mean_;
  // Chan's rule on sums of squares; the unbiased variance of a single cell is taken as 0.
  running_var_.mul_(std::max(before - 1, 0.0)).add_(variance, added).add_(shift.square(), before * added / total);
  running_var_.div_(std::max(total - 1, 1.0));
  running_mean_.add_(shift, added / total);
}

}  // namespace sctab::nn
