#include "sctab/kernels/backend.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::kernels {

Device parse_device(std::string_view text) {
  if (text == "cpu") return Device::kCpu;
  if (text == "cuda") return Device::kCuda;
  throw core::InputError({.subject = "device", .found = fmt::format("'{}'", text), .expected = "cpu or cuda"});
}

const Backend& backend(Device device) {
  static const Backend cpu{
      .csr_projection = kernels::csr_projection,
      .csr_transpose = kernels::csr_transpose,
      .column_moments = kernels::column_moments,
      .gene_projection = kernels::gene_projection,
      .gene_projection_half = kernels::gene_projection_half,
      .gene_projection_backward = kernels::gene_projection_backward,
      .masked_gene_projection = kernels::masked_gene_projection,
      .masked_gene_projection_half = kernels::masked_gene_projection_half,
      .masked_gene_projection_backward = kernels::masked_gene_projection_backward,
      .score_statistics = kernels::score_statistics,
      .attention_mask = kernels::attention_mask,
      .simplex_backward = kernels::simplex_backward,
      .attention_backward = kernels::attention_backward,
      .advance_prior = kernels::advance_prior,
      .advance_prior_backward = kernels::advance_prior_backward,
      .column_statistics = kernels::column_statistics,
      .gated_norm = kernels::gated_norm,
      .gated_norm_backward = kernels::gated_norm_backward,
      .update_running_statistics = kernels::update_running_statistics,
      .mask_loss = kernels::mask_loss,
      .mask_loss_backward = kernels::mask_loss_backward,
      .product_transposed = kernels::product_transposed,
      .product = kernels::product,
      .transposed_product = kernels::transposed_product,
      .silu = kernels::silu,
      .silu_backward = kernels::silu_backward,
      .adamw_step = kernels::adamw_step,
      .sum_of_squares = kernels::sum_of_squares,
  };
  return device == Device::kCpu ? cpu : cuda::backend();
}

}  // namespace sctab::kernels
