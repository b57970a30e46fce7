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

// Scores of rows × (kVectors · lanes) genes, from gene `offset` of a panel on.
template <std::size_t rows>
HWY_INLINE void scan_chunk(const Panel& panel, std::int64_t offset, const float* HWY_RESTRICT activations,
                           SupportSearch* searches) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<std::int32_t> of_genes;
  static_assert(hn::MaxLanes(d) <= static_cast<std::size_t>(kVectorRoom));
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
  const std::int64_t first = panel.first_gene + offset;
#pragma GCC unroll 4
  for (std::size_t r = 0; r < rows; ++r) {
    const auto threshold = hn::Set(d, searches[r].threshold());
    const auto reaches = [&](std::size_t v) HWY_ATTR {
      return hn::Not(hn::Le(sums[r][v], threshold));  // so that NaN is offered too
    };
    auto any = hn::FirstN(d, 0);
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[r][v] = hn::MulAdd(sums[r][v], hn::LoadU(d, panel.scale + offset + v * lanes),
                              hn::LoadU(d, panel.shift + offset + v * lanes));
      any = hn::Or(any, reaches(v));
    }
    if (HWY_LIKELY(hn::AllFalse(d, any))) continue;
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto offer = reaches(v);
      const std::size_t n = hn::CountTrue(d, offer);
      if (n == 0) continue;
      const SupportSearch::Room room = searches[r].room();
      const auto genes = hn::Iota(of_genes, static_cast<std::int32_t>(first) + static_cast<std::int32_t>(v * lanes));
      hn::StoreU(hn::Compress(sums[r][v], offer), d, room.scores);
      hn::StoreU(hn::Compress(genes, hn::RebindMask(of_genes, offer)), of_genes, room.genes);
      searches[r].offered(n);
    }
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

void scan_scores(const ScorePanels& panels, const float* activations, std::span<SupportSearch> searches) {
  const std::int64_t n_a = panels.weights.n_a(), panel_size = n_a * kPanelGenes;
  const bool is_half = panels.weights.halves() != nullptr;
  AlignedArray<float> unpacked(static_cast<std::size_t>(is_half ? panel_size : 0));
  for (std::int64_t i = 0; i < panels.weights.n_panels(); ++i) {
    if (is_half) unpack(panels.weights.halves() + i * panel_size, panel_size, unpacked.data());
    const std::int64_t first = i * kPanelGenes;
    const Panel panel{n_a, first, is_half ? unpacked.data() : panels.weights.floats() + i * panel_size,
                      panels.scale + first, panels.shift + first};
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
  HWY_DYNAMIC_DISPATCH(scan_scores)(panels, activations, searches);
}

}  // namespace sctab::kernels::cpu
#endif
