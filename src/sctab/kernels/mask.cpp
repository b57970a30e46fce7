#include "sctab/kernels/mask.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

using sparse::GeneIndex;

constexpr std::int64_t kCellsPerTask = 128, kLossCellsPerTask = 64;

// The two entries of one gene: values, and places in arrays of one value a non-zero; -1 where the matrix has none.
struct Union {
  GeneIndex gene;
  float prior, mask;
  std::int64_t prior_at, mask_at;
};

// visit(Union) for the genes of both rows, ascending.
template <typename Visit>
void for_each_in_union(const Prior& prior, const sparse::CsrView& mask, std::int64_t cell, const Visit& visit) {
  const sparse::RowView used = prior.used.n_cells == 0 ? sparse::RowView{} : prior.used.row(cell);
  const sparse::RowView seen = mask.row(cell);
  const auto used_begin = static_cast<std::int64_t>(prior.used.n_cells == 0 ? 0 : row_begin(prior.used, cell));
  const auto seen_begin = static_cast<std::int64_t>(row_begin(mask, cell));
  std::size_t u = 0, s = 0;
  while (u < used.indices.size() || s < seen.indices.size()) {
    const bool from_used = u < used.indices.size() && (s == seen.indices.size() || used.indices[u] <= seen.indices[s]);
    const bool from_seen = s < seen.indices.size() && (u == used.indices.size() || seen.indices[s] <= used.indices[u]);
    visit(Union{from_used ? used.indices[u] : seen.indices[s], from_used ? used.data[u] : prior.elsewhere,
                from_seen ? seen.data[s] : 0.0F, from_used ? used_begin + static_cast<std::int64_t>(u) : -1,
                from_seen ? seen_begin + static_cast<std::int64_t>(s) : -1});
    u += from_used ? 1 : 0;
    s += from_seen ? 1 : 0;
  }
}

}  // namespace

void advance_prior(const Prior& prior, sparse::CsrView mask, float gamma, sparse::CsrMatrix& used_next) {
  SCTAB_ASSERT(prior.used.n_cells == 0 || prior.used.n_cells == mask.n_cells);
  used_next.n_cells = mask.n_cells;
  used_next.n_genes = mask.n_genes;
  used_next.indptr.assign(static_cast<std::size_t>(mask.n_cells) + 1, 0);
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      for_each_in_union(prior, mask, cell,
                        [&](const Union&) { ++used_next.indptr[static_cast<std::size_t>(cell) + 1]; });
    }
  });
  std::partial_sum(used_next.indptr.begin(), used_next.indptr.end(), used_next.indptr.begin());
  used_next.indices.resize(static_cast<std::size_t>(used_next.nnz()));
  used_next.data.resize(static_cast<std::size_t>(used_next.nnz()));
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      auto at = static_cast<std::size_t>(used_next.indptr[static_cast<std::size_t>(cell)]);
      for_each_in_union(prior, mask, cell, [&](const Union& entry) {
        used_next.indices[at] = entry.gene;
        used_next.data[at++] = entry.prior * (gamma - entry.mask);
      });
    }
  });
}

void advance_prior_backward(const Prior& prior, sparse::CsrView mask, float gamma, sparse::CsrView used_next,
                            std::span<const float> dused_next, std::span<float> dmask, std::span<float> dused) {
  SCTAB_ASSERT(std::ssize(dused_next) == used_next.nnz() && std::ssize(dmask) == mask.nnz());
  SCTAB_ASSERT(dused.empty() || std::ssize(dused) == prior.used.nnz());
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      std::size_t at = row_begin(used_next, cell);
      for_each_in_union(prior, mask, cell, [&](const Union& entry) {
        const float gradient = dused_next[at++];
        if (entry.mask_at >= 0) dmask[static_cast<std::size_t>(entry.mask_at)] -= gradient * entry.prior;
        if (entry.prior_at >= 0 && !dused.empty()) {
          dused[static_cast<std::size_t>(entry.prior_at)] += gradient * (gamma - entry.mask);
        }
      });
    }
  });
}

double mask_loss(sparse::CsrView mask, double epsilon) {
  SCTAB_ASSERT(mask.n_cells > 0);
  const auto eps = static_cast<float>(epsilon);
  std::vector<double> sums(static_cast<std::size_t>((mask.n_cells + kLossCellsPerTask - 1) / kLossCellsPerTask), 0.0);
  parallel_blocks(mask.n_cells, kLossCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    double& sum = sums[static_cast<std::size_t>(first / kLossCellsPerTask)];
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
  parallel_blocks(mask.n_cells, kLossCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      std::size_t at = row_begin(mask, cell);
      for (const float m : mask.row(cell).data) dmask[at++] += scale * (std::log(m + eps) + m / (m + eps));
    }
  });
}

}  // namespace sctab::kernels
