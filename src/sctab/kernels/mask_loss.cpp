#include "sctab/kernels/mask_loss.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include "sctab/kernels/csr_rows.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kCellsPerTask = 64;

}  // namespace

double mask_loss(sparse::CsrView mask, double epsilon) {
  SCTAB_ASSERT(mask.n_cells > 0);
  const auto eps = static_cast<float>(epsilon);
  std::vector<double> sums(static_cast<std::size_t>((mask.n_cells + kCellsPerTask - 1) / kCellsPerTask), 0.0);
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    double& sum = sums[static_cast<std::size_t>(first / kCellsPerTask)];
    for (std::int64_t cell = first; cell < last; ++cell) {
      for (const float m : mask.row(cell).data) sum += static_cast<double>(m * std::log(m + eps));
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(mask.n_cells);
}

void mask_loss_backward(sparse::CsrView mask, double epsilon, double dloss, std::span<float> dmask) {
  SCTAB_ASSERT(std::ssize(dmask) == mask.nnz());
  const auto eps = static_cast<float>(epsilon);
  const auto scale = static_cast<float>(dloss / static_cast<double>(mask.n_cells));
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      std::size_t at = row_begin(mask, cell);
      for (const float m : mask.row(cell).data) dmask[at++] += scale * (std::log(m + eps) + m / (m + eps));
    }
  });
}

}  // namespace sctab::kernels
