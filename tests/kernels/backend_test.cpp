#include "sctab/kernels/backend.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::kernels {
namespace {

// Several operations share a signature, so the compiler would not notice if two were swapped.
TEST(Backends, TheProcessorsHasEachOperationUnderItsName) {
  const Backend& cpu = backend(parse_device("cpu"));
  EXPECT_EQ(cpu.csr_projection, &csr_projection);
  EXPECT_EQ(cpu.csr_transpose, &csr_transpose);
  EXPECT_EQ(cpu.column_moments, &column_moments);
  EXPECT_EQ(cpu.gene_projection, &gene_projection);
  EXPECT_EQ(cpu.gene_projection_half, &gene_projection_half);
  EXPECT_EQ(cpu.gene_projection_backward, &gene_projection_backward);
  EXPECT_EQ(cpu.masked_gene_projection, &masked_gene_projection);
  EXPECT_EQ(cpu.masked_gene_projection_half, &masked_gene_projection_half);
  EXPECT_EQ(cpu.masked_gene_projection_backward, &masked_gene_projection_backward);
  EXPECT_EQ(cpu.score_statistics, &score_statistics);
  EXPECT_EQ(cpu.attention_mask, &attention_mask);
  EXPECT_EQ(cpu.simplex_backward, &simplex_backward);
  EXPECT_EQ(cpu.attention_backward, &attention_backward);
  EXPECT_EQ(cpu.advance_prior, &advance_prior);
  EXPECT_EQ(cpu.advance_prior_backward, &advance_prior_backward);
  EXPECT_EQ(cpu.column_statistics, &column_statistics);
  EXPECT_EQ(cpu.gated_norm, &gated_norm);
  EXPECT_EQ(cpu.gated_norm_backward, &gated_norm_backward);
  EXPECT_EQ(cpu.update_running_statistics, &update_running_statistics);
  EXPECT_EQ(cpu.mask_loss, &mask_loss);
  EXPECT_EQ(cpu.mask_loss_backward, &mask_loss_backward);
  EXPECT_EQ(cpu.product_transposed, &product_transposed);
  EXPECT_EQ(cpu.product, &product);
  EXPECT_EQ(cpu.transposed_product, &transposed_product);
  EXPECT_EQ(cpu.silu, &silu);
  EXPECT_EQ(cpu.silu_backward, &silu_backward);
  EXPECT_EQ(cpu.adamw_step, &adamw_step);
  EXPECT_EQ(cpu.sum_of_squares, &sum_of_squares);
  EXPECT_EQ(sizeof(Backend), 28 * sizeof(void (*)())) << "a new operation: add it above";
}

TEST(Backends, RefuseAMissingDevice) {
  SCTAB_EXPECT_THROW_WITH(backend(parse_device("cuda")), core::InputError, "cuda", "this build", "use cpu");
  SCTAB_EXPECT_THROW_WITH(parse_device("gpu"), core::InputError, "'gpu'", "cpu or cuda");
}

}  // namespace
}  // namespace sctab::kernels
