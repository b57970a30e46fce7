#include "sctab/nn/batch_norm.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace sctab::nn {

BatchNorm::BatchNorm(const LayerScope& scope, std::int64_t width, const BatchNormOptions& options)
    : weight_(scope.parameter("weight", at::ones({width}))),
      bias_(scope.parameter("bias", at::zeros({width}))),
      running_mean_(scope.buffer("running_mean", at::zeros({width}))),
      running_var_(scope.buffer("running_var", at::ones({width}))),
      num_batches_tracked_(scope.buffer("num_batches_tracked", at::zeros({}, at::kLong))),
      options_(options) {}

at::Tensor BatchNorm::forward(const at::Tensor& x, const LayerPass& pass) {
  const auto normalise = [&](const at::Tensor& mean, const at::Tensor& var, bool of_batch) {
    return at::batch_norm(x, weight_, bias_, mean, var, of_batch, options_.momentum, options_.epsilon, false);
  };
  if (pass.mode == LayerMode::kEstimate) {
    merge_statistics(x, pass.cells_before);
    return normalise({}, {}, true);
  }
  const bool of_batch = pass.mode == LayerMode::kTrain && x.size(0) > 1;
  if (of_batch) num_batches_tracked_.add_(1);
  return normalise(running_mean_, running_var_, of_batch);
}

void BatchNorm::merge_statistics(const at::Tensor& x, std::int64_t cells_before) {
  const auto [var, mean] = at::var_mean(x.detach(), at::IntArrayRef{0}, /*unbiased=*/false);
  if (cells_before == 0) {
    running_mean_.zero_();
    running_var_.zero_();
  }
  const auto before = static_cast<double>(cells_before);
  const auto added = static_cast<double>(x.size(0));
  const double total = before + added;
  const at::Tensor shift = mean - running_mean_;
  // Chan's rule on sums of squares; the unbiased variance of a single cell is taken as 0.
  running_var_.mul_(std::max(before - 1, 0.0)).add_(var, added).add_(shift.square(), before * added / total);
  running_var_.div_(std::max(total - 1, 1.0));
  running_mean_.add_(shift, added / total);
}

}  // namespace sctab::nn
