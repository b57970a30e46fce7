#include "sctab/kernels/sampled_product.hpp"

#include "sctab/kernels/cpu/dot.hpp"
#include "sctab/kernels/csr_rows.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kRowsPerTask = 64;

}  // namespace

void sampled_product(sparse::CsrView pattern, std::span<const float> left, std::span<const float> right,
                     std::int64_t width, std::span<float> values) {
  SCTAB_ASSERT(std::ssize(left) == pattern.n_cells * width && std::ssize(right) == pattern.n_genes * width);
  SCTAB_ASSERT(std::ssize(values) == pattern.nnz());
  parallel_blocks(pattern.n_cells, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const sparse::RowView columns = pattern.row(row);
      cpu::gathered_dots(left.data() + row * width, right.data(), width, columns.indices,
                         values.data() + row_begin(pattern, row));
    }
  });
}

}  // namespace sctab::kernels
