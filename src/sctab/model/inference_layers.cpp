#include "sctab/model/inference_layers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"

namespace sctab::model {
namespace {

/// A weight n_out × n_in, ready for many products.
kernels::PackedWeights packed(NetworkWeights& weights, std::string_view name) {
  const std::vector<float> values = weights.floats(name);
  return {values, weights.shape(name).at(1)};
}

constexpr float kNormEpsilon = 1e-5F;  // torch's

}  // namespace

RunningNorm::RunningNorm(NetworkWeights& weights, const std::string& place)
    : weight_(weights.floats(place + ".weight")),
      bias_(weights.floats(place + ".bias")),
      mean_(weights.floats(place + ".running_mean")),
      variance_(weights.floats(place + ".running_var")) {
  if (std::ranges::all_of(variance_, [](float value) { return value >= 0; })) return;
  throw core::InputError({.file = weights.path().string(),
                          .subject = fmt::format("tensor {}.running_var", place),
                          .found = "a negative variance",
                          .next_step = "the file is damaged or its training failed: copy it or train again"});
}

kernels::GhostNorm RunningNorm::over(std::int64_t n_cells, std::vector<std::int64_t>& batch_starts) const {
  batch_starts = {0, n_cells};
  return {batch_starts, weight_, bias_, mean_, variance_, kNormEpsilon};
}

void RunningNorm::fold(std::span<float> scale, std::span<float> shift) const {
  kernels::fold_batch_norm(weight_, bias_, mean_, variance_, kNormEpsilon, scale, shift);
}

GeneProjection::GeneProjection(NetworkWeights& weights, const std::string& name, const RunningNorm* initial_norm)
    : weights_(weights.transposed(name)) {
  const auto n_genes = static_cast<std::size_t>(weights.shape(name).at(1));
  width_ = weights.shape(name).at(0);
  scale_.assign(n_genes, 1.0F);
  shift_.assign(n_genes, 0.0F);
  if (initial_norm != nullptr) initial_norm->fold(scale_, shift_);
  constant_ = kernels::project_shift(view());
}

kernels::GeneLayer GeneProjection::view() const {
  return {scale_, shift_, weights_, width_, constant_};
}

void GeneProjection::set_precision(kernels::Precision precision) {
  half_.reset();
  if (precision == kernels::Precision::kHalf) half_.emplace(view());
}

void GeneProjection::project(sparse::CsrView x, const sparse::CsrView* mask, const kernels::Backend& kernels,
                             std::span<float> out) const {
  if (half_ && mask != nullptr) {
    kernels.masked_gene_projection_half(x, *mask, *half_, out);
  } else if (half_) {
    kernels.gene_projection_half(x, *half_, out);
  } else if (mask != nullptr) {
    kernels.masked_gene_projection(x, *mask, view(), out);
  } else {
    kernels.gene_projection(x, view(), out);
  }
}

DenseLayer::DenseLayer(NetworkWeights& weights, const std::string& place)
    : weight_(packed(weights, place + ".weight")), bias_(weights.floats(place + ".bias")) {}

std::vector<float> DenseLayer::apply(std::span<const float> x, const kernels::Backend& kernels) const {
  std::vector<float> out(x.size() / static_cast<std::size_t>(weight_.depth()) * bias_.size());
  kernels.linear_layer(x, weight_, bias_, out);
  return out;
}

void add_to_rows(std::span<const float> bias, std::span<float> rows) {
  for (std::size_t begin = 0; begin < rows.size(); begin += bias.size()) {
    const auto row = rows.subspan(begin, bias.size());
    std::ranges::transform(row, bias, row.begin(), std::plus<>());
  }
}

}  // namespace sctab::model
