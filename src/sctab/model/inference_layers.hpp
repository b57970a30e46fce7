#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/model/network_weights.hpp"

namespace sctab::model {

/// Batch norm by running statistics.
class RunningNorm {
 public:
  /// place: the layer's name: "encoder.initial_bn". Throws InputError if a variance is negative.
  RunningNorm(NetworkWeights& weights, const std::string& place);

  /// For n_cells cells as one batch. The result points into batch_starts and this object; both must outlive it.
  [[nodiscard]] kernels::GhostNorm over(std::int64_t n_cells, std::vector<std::int64_t>& batch_starts) const;
  /// The norm as x · scale + shift of each column.
  void fold(std::span<float> scale, std::span<float> shift) const;

 private:
  std::vector<float> weight_, bias_, mean_, variance_;
};

/// A first layer: the genes, scaled and shifted by the initial batch norm if there is one, times weights.
class GeneProjection {
 public:
  /// name: the weight's, width × genes. initial_norm: null where there is none.
  GeneProjection(NetworkWeights& weights, const std::string& name, const RunningNorm* initial_norm);

  [[nodiscard]] std::int64_t width() const { return width_; }
  /// Inputs × width.
  [[nodiscard]] std::span<const float> weights() const { return weights_; }
  void set_precision(kernels::Precision precision);
  /// x: (n_cells × n_inputs()), seen through the mask unless that is null. out: n_cells × width.
  void project(sparse::CsrView x, const sparse::CsrView* mask, const kernels::Backend& kernels,
               std::span<float> out) const;

 private:
  [[nodiscard]] kernels::GeneLayer view() const;

  std::vector<float> scale_, shift_, weights_;  // genes; genes; genes × width
  std::int64_t width_ = 0;
  std::vector<float> constant_;  // width: what every cell gets of the shifts
  std::optional<kernels::HalfGeneLayer> half_;
};

/// A linear layer with bias, after the first.
class DenseLayer {
 public:
  /// place: the layer's name: "encoder.4".
  DenseLayer(NetworkWeights& weights, const std::string& place);

  /// x: n_cells × n_in. Returns n_cells × n_out.
  [[nodiscard]] std::vector<float> apply(std::span<const float> x, const kernels::Backend& kernels) const;

 private:
  kernels::PackedWeights weight_;
  std::vector<float> bias_;
};

/// Adds a bias to each row.
void add_to_rows(std::span<const float> bias, std::span<float> rows);

}  // namespace sctab::model
