#include "sctab/nn/ghost_batch_norm.hpp"

#include <ATen/ATen.h>

namespace sctab::nn {

at::Tensor GhostBatchNorm::forward(const at::Tensor& x, const LayerPass& pass) {
  const std::int64_t n_parts = x.size(0) / virtual_batch_size_;
  if (pass.mode != LayerMode::kTrain || n_parts <= 1) return bn_.forward(x, pass);
  std::vector<at::Tensor> parts = x.chunk(n_parts);
  for (at::Tensor& part : parts) part = bn_.forward(part, pass);
  return at::cat(parts);
}

}  // namespace sctab::nn
