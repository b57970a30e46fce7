#include "sctab/kernels/attention_panels.hpp"

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/kernels/half_matrix.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

template <typename Weight>
AlignedArray<Weight> pack(const Weight* weights, std::int64_t n_genes, std::int64_t n_a) {
  constexpr std::int64_t kGenes = AttentionPanels::kGenes;
  const std::int64_t n_panels = (n_genes + kGenes - 1) / kGenes;
  AlignedArray<Weight> packed(static_cast<std::size_t>(n_panels * n_a * kGenes));
  parallel_for(n_panels, [&](std::int64_t i) {
    const std::int64_t first = i * kGenes, n = std::min(kGenes, n_genes - first);
    Weight* panel = packed.data() + first * n_a;
    for (std::int64_t k = 0; k < n_a; ++k) {
      for (std::int64_t gene = 0; gene < n; ++gene) panel[k * kGenes + gene] = weights[(first + gene) * n_a + k];
      std::fill(panel + k * kGenes + n, panel + (k + 1) * kGenes, Weight{0});
    }
  });
  return packed;
}

}  // namespace

AttentionPanels::AttentionPanels(std::span<const float> weights, std::int64_t n_a, Precision precision)
    : n_genes_(std::ssize(weights) / n_a), n_a_(n_a) {
  SCTAB_ASSERT(n_a >= 1 && std::ssize(weights) % n_a == 0);
  if (precision == Precision::kFloat) {
    floats_ = pack(weights.data(), n_genes_, n_a);
    return;
  }
  const HalfMatrix half(weights, n_a);
  halves_ = pack(half.halves(), n_genes_, n_a);
  gene_scale_.assign(half.row_scale().begin(), half.row_scale().end());
}

}  // namespace sctab::kernels
