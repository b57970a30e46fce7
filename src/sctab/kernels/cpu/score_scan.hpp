#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/kernels/support_search.hpp"

namespace sctab::kernels::cpu {

/// Genes whose scores are found together: a multiple of what any processor's vectors hold; 64 activations deep, their
/// weights are 24 kB and stay in the first-level cache.
inline constexpr std::int64_t kPanelGenes = 96;

constexpr std::int64_t panels_of(std::int64_t n_genes) {
  return (n_genes + kPanelGenes - 1) / kPanelGenes;
}

/// Attention weights in the order of the scan: panels × n_a × kPanelGenes, zero beyond the last gene.
std::vector<float> pack_panels(std::span<const float> weights, std::int64_t n_genes, std::int64_t n_a);

struct ScorePanels {
  std::int64_t n_genes, n_a;
  const float* weights;  // as pack_panels() gives them
  const float* scale;    // panels × kPanelGenes; beyond the last gene 0
  const float* shift;    // panels × kPanelGenes; beyond the last gene -infinity
};

/// Offers each search the scores (activations_i · w_j) · scale_j + shift_j that lie above its threshold, panel by
/// panel. activations: as many rows as searches × n_a.
void scan_scores(const ScorePanels& panels, const float* activations, std::span<SupportSearch> searches);

}  // namespace sctab::kernels::cpu
