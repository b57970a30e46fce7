#include "sctab/kernels/cpu/score_scan.hpp"

#include "sctab/kernels/cpu/simplex.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/score_scan.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

#include "sctab/kernels/cpu/load-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sums kept in registers: kRows × kVectors, 24 of AVX-512's 32 vectors, 12 of AVX2's 16.
constexpr std::size_t kRows = 4;
constexpr std::int64_t kPanelGenes = AttentionPanels::kGenes;
constexpr std::size_t kVectors = HWY_TARGET <= HWY_AVX3 ? 6 : 3;

// One panel, in float.
struct Panel {
  std::int64_t n_a, first_gene;
  const float *weights, *scale, *shift;
};

// Offers what is above the threshold, or NaN, of the scores of kVectors · lanes genes.
HWY_NOINLINE void offer(const float* HWY_RESTRICT scores, sparse::GeneIndex first_gene, SupportSearch& search) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<std::int32_t> of_genes;
  static_assert(hn::MaxLanes(d) <= static_cast<std::size_t>(kVectorRoom));
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t v = 0; v < kVectors; ++v) {
    const auto score = hn::Load(d, scores + v * lanes);
    const auto is_offered = hn::Not(hn::Le(score, hn::Set(d, search.threshold())));
    const std::size_t n = hn::CountTrue(d, is_offered);
    if (n == 0) continue;
    const SupportSearch::Room room = search.room();
    const auto genes = hn::Iota(of_genes, first_gene + static_cast<std::int32_t>(v * lanes));
    hn::StoreU(hn::Compress(score, is_offered), d, room.scores);
    hn::StoreU(hn::Compress(genes, hn::RebindMask(of_genes, is_offered)), of_genes, room.genes);
    search.offered(n);
  }
}

// Scores of rows × (kVectors · lanes) genes, from gene `offset` of a panel on.
template <std::size_t rows>
HWY_INLINE void scan_chunk(const Panel& panel, std::int64_t offset, const float* HWY_RESTRICT activations,
                           SupportSearch* searches) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[rows][kVectors];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < rows; ++r) {
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  const float* HWY_RESTRICT weights = panel.weights + offset;
  for (std::int64_t k = 0; k < panel.n_a; ++k, weights += kPanelGenes) {
    hn::Vec<decltype(d)> w[kVectors];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, weights + v * lanes);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < rows; ++r) {
      const auto activation = hn::Set(d, activations[static_cast<std::int64_t>(r) * panel.n_a + k]);
#pragma GCC unroll 6
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(activation, w[v], sums[r][v]);
    }
  }
#pragma GCC unroll 4
  for (std::size_t r = 0; r < rows; ++r) {
    const auto threshold = hn::Set(d, searches[r].threshold());
    auto all_below = hn::FirstN(d, lanes);
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[r][v] = hn::MulAdd(sums[r][v], hn::LoadU(d, panel.scale + offset + v * lanes),
                              hn::LoadU(d, panel.shift + offset + v * lanes));
      all_below = hn::And(all_below, hn::Le(sums[r][v], threshold));
    }
    if (HWY_LIKELY(hn::AllTrue(d, all_below))) continue;
    HWY_ALIGN float scores[kVectors * hn::MaxLanes(d)];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums[r][v], d, scores + v * lanes);
    offer(scores, static_cast<sparse::GeneIndex>(panel.first_gene + offset), searches[r]);
  }
}

template <std::size_t rows>
HWY_INLINE void scan_panel(const Panel& panel, const float* activations, SupportSearch* searches) {
  const auto chunk = static_cast<std::int64_t>(kVectors * hn::Lanes(hn::ScalableTag<float>()));
  for (std::int64_t offset = 0; offset < kPanelGenes; offset += chunk) {
    scan_chunk<rows>(panel, offset, activations, searches);
  }
}

// Halves become floats once for all rows that share the panel: what they spare is the way from memory.
HWY_INLINE void unpack(const std::uint16_t* halves, std::int64_t n, float* floats) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto* from = reinterpret_cast<const hwy::float16_t*>(halves);
  for (std::int64_t i = 0; i < n; i += lanes) hn::StoreU(load(d, from + i), d, floats + i);
}

// unpacked: room for one panel if they are of halves. It is not this function's, which would have to free it: then the
// compiler uses but half the vector registers, and keeps sums in memory.
void scan_scores(const ScorePanels& panels, const float* activations, std::span<SupportSearch> searches,
                 float* unpacked) {
  const std::int64_t n_a = panels.weights.n_a(), panel_size = n_a * kPanelGenes;
  const bool is_half = unpacked != nullptr;
  for (std::int64_t i = 0; i < panels.weights.n_panels(); ++i) {
    if (is_half) unpack(panels.weights.halves() + i * panel_size, panel_size, unpacked);
    const std::int64_t first = i * kPanelGenes;
    const Panel panel{n_a, first, is_half ? unpacked : panels.weights.floats() + i * panel_size, panels.scale + first,
                      panels.shift + first};
    std::size_t row = 0;
    const auto at = [&] { return activations + static_cast<std::int64_t>(row) * n_a; };
    for (; row + kRows <= searches.size(); row += kRows) scan_panel<kRows>(panel, at(), &searches[row]);
    for (; row < searches.size(); ++row) scan_panel<1>(panel, at(), &searches[row]);
  }
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(scan_scores);

void scan_scores(const ScorePanels& panels, const float* activations, std::span<SupportSearch> searches) {
  const AttentionPanels& weights = panels.weights;
  AlignedArray<float> unpacked;
  if (weights.halves() != nullptr) {
    unpacked = AlignedArray<float>(static_cast<std::size_t>(weights.n_a() * AttentionPanels::kGenes));
  }
  HWY_DYNAMIC_DISPATCH(scan_scores)(panels, activations, searches, unpacked.data());
}

}  // namespace sctab::kernels::cpu
#endif
