#pragma once

#include <cstdint>
#include <span>

#include "sctab/kernels/aligned_array.hpp"

namespace sctab::kernels {

// Products of dense matrices, row-major: of floats for the layers after the first, of doubles (_f64) for linear
// algebra. No argument may overlap with out. The right matrix is packed once; each block of rows is then one task. The
// order in which an element is summed depends on the depth alone, so results have the same bits for any number of
// threads, and a cell's row has the same bits in any batch. Vector units (AVX2, AVX-512, …) differ within rounding. NaN
// and infinities propagate as in IEEE arithmetic.

/// out = a · bᵀ, a linear layer: a holds cells × depth, b its weights, n_out × depth; out: cells × n_out, overwritten.
void product_transposed(std::span<const float> a, std::span<const float> b, std::int64_t depth, std::span<float> out);

/// out = a · b + beta · out, the gradient of a linear layer's input. a: n_cells × depth; b: depth × n_out; out: n_cells
/// × n_out, not read if beta is 0.
void product(std::span<const float> a, std::span<const float> b, std::int64_t depth, float beta, std::span<float> out);

/// out = aᵀ · b, the gradient of a linear layer's weights. a: n_cells × n_a; b: n_cells × n_b; out: n_a × n_b,
/// overwritten.
void transposed_product(std::span<const float> a, std::span<const float> b, std::int64_t n_cells, std::span<float> out);

/// out = a · bᵀ. a: n_rows × depth; b: n_out × depth; out: n_rows × n_out, overwritten.
void product_transposed_f64(std::span<const double> a, std::span<const double> b, std::int64_t depth,
                            std::span<double> out);
/// out = a · b + beta · out. a: n_rows × depth; b: depth × n_out; out: n_rows × n_out, not read if beta is 0.
void product_f64(std::span<const double> a, std::span<const double> b, std::int64_t depth, double beta,
                 std::span<double> out);
/// out = aᵀ · b + beta · out. a: n_rows × n_a; b: n_rows × n_b; out: n_a × n_b, not read if beta is 0.
void transposed_product_f64(std::span<const double> a, std::span<const double> b, std::int64_t n_rows, double beta,
                            std::span<double> out);

/// The weights of a linear layer in the order in which products read them. Make this once if the weights stay the same
/// from batch to batch. It takes as much memory as the weights, with n_out rounded up to a multiple of 16.
class PackedWeights {
 public:
  PackedWeights() = default;
  /// weights: n_out × depth, row-major, depth >= 1. They are copied.
  PackedWeights(std::span<const float> weights, std::int64_t depth);

  [[nodiscard]] std::int64_t depth() const { return depth_; }
  [[nodiscard]] std::int64_t n_out() const { return n_out_; }
  /// As cpu::gemm() reads them.
  [[nodiscard]] const float* panels() const { return panels_.data(); }

 private:
  std::int64_t depth_ = 0, n_out_ = 0;
  AlignedArray<float> panels_;
};

/// out = a · weightsᵀ + bias; without bias, the same bits as product_transposed(). a: n_cells × depth; bias: n_out, or
/// empty for none; out: n_cells × n_out, overwritten.
void linear_layer(std::span<const float> a, const PackedWeights& weights, std::span<const float> bias,
                  std::span<float> out);

}  // namespace sctab::kernels
