#pragma once

#include <string_view>

#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/attention.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/csr_transpose.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/gated_norm.hpp"
#include "sctab/kernels/gene_layer.hpp"
#include "sctab/kernels/half_gene_layer.hpp"
#include "sctab/kernels/mask_loss.hpp"
#include "sctab/kernels/prior.hpp"
#include "sctab/kernels/silu.hpp"
#include "sctab/kernels/simplex.hpp"

namespace sctab::kernels {

enum class Device { kCpu, kCuda };
/// "cpu" or "cuda"; throws InputError on anything else.
Device parse_device(std::string_view text);

/// The operations of one device. On all of them the signatures are those of the processor's, declared in the headers
/// above; spans point to the device's memory.
struct Backend {
  decltype(&kernels::csr_projection) csr_projection;
  decltype(&kernels::csr_transpose) csr_transpose;
  decltype(&kernels::column_moments) column_moments;
  decltype(&kernels::gene_projection) gene_projection;
  decltype(&kernels::gene_projection_half) gene_projection_half;
  decltype(&kernels::gene_projection_backward) gene_projection_backward;
  decltype(&kernels::masked_gene_projection) masked_gene_projection;
  decltype(&kernels::masked_gene_projection_half) masked_gene_projection_half;
  decltype(&kernels::masked_gene_projection_backward) masked_gene_projection_backward;
  decltype(&kernels::score_statistics) score_statistics;
  decltype(&kernels::attention_mask) attention_mask;
  decltype(&kernels::simplex_backward) simplex_backward;
  decltype(&kernels::attention_backward) attention_backward;
  decltype(&kernels::advance_prior) advance_prior;
  decltype(&kernels::advance_prior_backward) advance_prior_backward;
  decltype(&kernels::column_statistics) column_statistics;
  decltype(&kernels::gated_norm) gated_norm;
  decltype(&kernels::gated_norm_backward) gated_norm_backward;
  decltype(&kernels::update_running_statistics) update_running_statistics;
  decltype(&kernels::mask_loss) mask_loss;
  decltype(&kernels::mask_loss_backward) mask_loss_backward;
  decltype(&kernels::product_transposed) product_transposed;
  decltype(&kernels::product) product;
  decltype(&kernels::transposed_product) transposed_product;
  decltype(&kernels::silu) silu;
  decltype(&kernels::silu_backward) silu_backward;
  decltype(&kernels::adamw_step) adamw_step;
  decltype(&kernels::sum_of_squares) sum_of_squares;
};

/// Throws InputError where this build or this machine lacks the device: none falls back on another in silence.
const Backend& backend(Device device);

namespace cuda {
/// Defined by cuda/, or by cuda/unavailable.cpp in builds without.
const Backend& backend();
}  // namespace cuda

}  // namespace sctab::kernels
