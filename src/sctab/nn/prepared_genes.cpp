#include "sctab/nn/prepared_genes.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "sctab/nn/spans.hpp"

namespace sctab::nn {

PreparedLayer::PreparedLayer(const at::Tensor& weight, const BatchNorm* initial_bn, kernels::Precision precision)
    : weight_(weight.detach().t()) {
  const at::NoGradGuard no_gradient;
  const std::int64_t n_genes = weight_.size(0);
  if (initial_bn == nullptr) {
    scale_ = at::ones({n_genes});
    shift_ = at::zeros({n_genes});
  } else {
    const FoldedNorm folded = initial_bn->folded_running();
    scale_ = folded.scale;
    shift_ = folded.shift;
  }
  if (precision == kernels::Precision::kHalf) {
    half_.emplace(view());
  } else {
    constant_ = kernels::project_shift(view());
  }
}

kernels::GeneLayer PreparedLayer::view() const {
  return {values(scale_), values(shift_), values(weight_), weight_.size(1), constant_};
}

at::Tensor PreparedLayer::project(sparse::CsrView x, const kernels::Backend& kernels) const {
  const at::Tensor out = at::empty({x.n_cells, weight_.size(1)});
  if (half_) {
    kernels.gene_projection_half(x, *half_, values(out));
  } else {
    kernels.gene_projection(x, view(), values(out));
  }
  return out;
}

at::Tensor PreparedLayer::project(sparse::CsrView x, const GeneMask& mask, const kernels::Backend& kernels) const {
  const at::Tensor out = at::empty({x.n_cells, weight_.size(1)});
  if (half_) {
    kernels.masked_gene_projection_half(x, mask.view(), *half_, values(out));
  } else {
    kernels.masked_gene_projection(x, mask.view(), view(), values(out));
  }
  return out;
}

const PreparedLayer& PreparedGenes::layer_of(const at::Tensor& weight) const {
  const auto found =
      std::ranges::find_if(*layers_, [&](const auto& prepared) { return prepared.first.is_same(weight); });
  SCTAB_ASSERT(found != layers_->end());
  return found->second;
}

at::Tensor PreparedGenes::project(const at::Tensor& weight) const {
  return layer_of(weight).project(x_, *pass_.kernels);
}

at::Tensor PreparedGenes::project(const at::Tensor& weight, const Mask& mask) const {
  return layer_of(weight).project(x_, mask, *pass_.kernels);
}

}  // namespace sctab::nn
