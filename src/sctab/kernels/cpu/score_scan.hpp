#pragma once

#include <span>

#include "sctab/kernels/attention_panels.hpp"
#include "sctab/kernels/support_search.hpp"

namespace sctab::kernels::cpu {

struct ScorePanels {
  const AttentionPanels& weights;
  const float* scale;  // n_panels × AttentionPanels::kGenes; beyond the last gene 0
  const float* shift;  // as many; beyond the last gene -infinity
};

/// Offers each search the scores (activations_i · w_j) · scale_j + shift_j that lie above its threshold, panel by
/// panel. activations: as many rows as searches × n_a.
void scan_scores(const ScorePanels& panels, const float* activations, std::span<SupportSearch> searches);

}  // namespace sctab::kernels::cpu
