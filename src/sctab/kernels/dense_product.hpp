#pragma once

#include <cstdint>
#include <span>

namespace sctab::kernels {

// Products of small dense matrices, row-major, for the layers after the first. They are cut into parts that depend on
// the shapes alone, each a product of one BLAS thread: the same bits for any number of threads, which BLAS's own
// threads do not give.

/// out = a · bᵀ, a linear layer: a holds cells × depth, b its weights, n_out × depth; out: cells × n_out, overwritten.
void product_transposed(std::span<const float> a, std::span<const float> b, std::int64_t depth, std::span<float> out);

/// out = a · b + beta · out, the gradient of a linear layer's input. a: n_cells × depth; b: depth × n_out; out: n_cells
/// × n_out, not read where beta is 0.
void product(std::span<const float> a, std::span<const float> b, std::int64_t depth, float beta, std::span<float> out);

/// out = aᵀ · b, the gradient of a linear layer's weights. a: n_cells × n_a; b: n_cells × n_b; out: n_a × n_b,
/// overwritten.
void transposed_product(std::span<const float> a, std::span<const float> b, std::int64_t n_cells, std::span<float> out);

}  // namespace sctab::kernels
