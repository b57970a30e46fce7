#pragma once

#include <cstdint>
#include <span>

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// out_i = sum over the non-zeros of x_i of x_ij · weights_j: the first layer of every network, without a dense input.
/// x: (n_rows × n_columns) CSR; weights: n_columns × width, row-major (gene-major for a network's weights); out: n_rows
/// × width, row-major, overwritten.
void csr_projection(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out);

/// As csr_projection, added to what `out` holds.
void csr_projection_add(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out);

}  // namespace sctab::kernels
