#pragma once

#include "sctab/kernels/adamw.hpp"
#include "sctab/kernels/attention.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/gates.hpp"
#include "sctab/kernels/gene_layer.hpp"
#include "sctab/kernels/mask.hpp"
#include "sctab/kernels/simplex.hpp"

namespace sctab::kernels {

enum class Device { kCpu, kCuda };

/// The operations of one device, the processor's unless set to others. On all devices the signatures are those of the
/// headers above; spans point to the device's memory. A new operation takes one line here.
struct Backend {
// NOLINTNEXTLINE(bugprone-macro-parentheses): it declares a member
#define SCTAB_OPERATION(name) decltype(&kernels::name) name = &kernels::name
  SCTAB_OPERATION(csr_projection);
  SCTAB_OPERATION(csr_transpose);
  SCTAB_OPERATION(column_moments);
  SCTAB_OPERATION(gene_projection);
  SCTAB_OPERATION(gene_projection_half);
  SCTAB_OPERATION(gene_projection_backward);
  SCTAB_OPERATION(masked_gene_projection);
  SCTAB_OPERATION(masked_gene_projection_half);
  SCTAB_OPERATION(masked_gene_projection_backward);
  SCTAB_OPERATION(score_statistics);
  SCTAB_OPERATION(attention_mask);
  SCTAB_OPERATION(simplex_backward);
  SCTAB_OPERATION(attention_backward);
  SCTAB_OPERATION(advance_prior);
  SCTAB_OPERATION(advance_prior_backward);
  SCTAB_OPERATION(column_statistics);
  SCTAB_OPERATION(gated_norm);
  SCTAB_OPERATION(gated_norm_backward);
  SCTAB_OPERATION(update_running_statistics);
  SCTAB_OPERATION(mask_loss);
  SCTAB_OPERATION(mask_loss_backward);
  SCTAB_OPERATION(product_transposed);
  SCTAB_OPERATION(linear_layer);
  SCTAB_OPERATION(product);
  SCTAB_OPERATION(transposed_product);
  SCTAB_OPERATION(silu);
  SCTAB_OPERATION(silu_backward);
  SCTAB_OPERATION(adamw_step);
  SCTAB_OPERATION(sum_of_squares);
#undef SCTAB_OPERATION
};

/// Throws InputError where this build or this machine lacks the device: none falls back on another in silence.
const Backend& backend(Device device);

}  // namespace sctab::kernels
