#include "sctab/kernels/backend.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::kernels {

Device parse_device(std::string_view text) {
  if (text == "cpu") return Device::kCpu;
  if (text == "cuda") return Device::kCuda;
  throw core::InputError(fmt::format("device: '{}' found, expected cpu or cuda", text));
}

const Backend& backend(Device device) {
  static const Backend cpu{csr_projection,
                           csr_transpose,
                           column_moments,
                           gene_projection,
                           gene_projection_half,
                           gene_projection_backward,
                           masked_gene_projection,
                           masked_gene_projection_half,
                           masked_gene_projection_backward,
                           score_statistics,
                           attention_mask,
                           simplex_backward,
                           attention_backward,
                           advance_prior,
                           advance_prior_backward,
                           column_statistics,
                           gated_norm,
                           gated_norm_backward,
                           update_running_statistics,
                           mask_loss,
                           mask_loss_backward,
                           product_transposed,
                           product,
                           transposed_product,
                           silu,
                           silu_backward,
                           adamw_step,
                           sum_of_squares};
  return device == Device::kCpu ? cpu : cuda::backend();
}

}  // namespace sctab::kernels
