#include "sctab/kernels/csr_projection.hpp"

#include <algorithm>

#include "sctab/kernels/cpu/csr_projection.hpp"
#include "sctab/kernels/csr_rows.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

void check_shapes(const sparse::CsrView& x, std::int64_t n_weights, std::int64_t width, std::span<float> out) {
  SCTAB_ASSERT(width >= 1);
  SCTAB_ASSERT(n_weights == x.n_genes * width);
  SCTAB_ASSERT(std::ssize(out) == x.n_cells * width);
}

}  // namespace

void csr_projection(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out) {
  check_shapes(x, std::ssize(weights), width, out);
  parallel_blocks(x.n_cells, cpu::kProjectionRows, [&](std::int64_t first, std::int64_t last) {
    std::fill(out.begin() + first * width, out.begin() + last * width, 0.0F);
    cpu::add_csr_projection(rows_of(x, first, last), nullptr, weights.data(), width, out.data() + first * width);
  });
}

void csr_projection_add(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out) {
  check_shapes(x, std::ssize(weights), width, out);
  parallel_blocks(x.n_cells, cpu::kProjectionRows, [&](std::int64_t first, std::int64_t last) {
    cpu::add_csr_projection(rows_of(x, first, last), nullptr, weights.data(), width, out.data() + first * width);
  });
}

}  // namespace sctab::kernels
