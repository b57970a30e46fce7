#include "sctab/kernels/cpu/score_scan.hpp"

#include "sctab/kernels/cpu/simplex.hpp"
#include "sctab/kernels/parallel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/score_scan.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sums kept in registers: kRows × kVectors, 24 of AVX-512's 32 vectors, 12 of AVX2's 16.
constexpr std::size_t kRows = 4;
constexpr std::size_t kVectors = HWY_TARGET <= HWY_AVX3 ? 6 : 3;

// Scores of rows × (kVectors · lanes) genes, from gene `offset` of a panel on.
template <std::size_t rows>
HWY_INLINE void scan_chunk(const ScorePanels& panels, std::int64_t panel, std::int64_t offset,
                           const float* HWY_RESTRICT activations, SupportSearch* searches) {
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
  const float* HWY_RESTRICT weights = panels.weights + panel * panels.n_a * kPanelGenes + offset;
  for (std::int64_t k = 0; k < panels.n_a; ++k, weights += kPanelGenes) {
    hn::Vec<decltype(d)> w[kVectors];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, weights + v * lanes);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < rows; ++r) {
      const auto activation = hn::Set(d, activations[static_cast<std::int64_t>(r) * panels.n_a + k]);
#pragma GCC unroll 6
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(activation, w[v], sums[r][v]);
    }
  }
  const std::int64_t first = panel * kPanelGenes + offset;
#pragma GCC unroll 4
  for (std::size_t r = 0; r < rows; ++r) {
    const auto threshold = hn::Set(d, searches[r].threshold());
    const auto reaches = [&](std::size_t v) HWY_ATTR {
      return hn::Not(hn::Le(sums[r][v], threshold));  // so that NaN is offered too
    };
    auto any = hn::FirstN(d, 0);
#pragma GCC unroll 6
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[r][v] = hn::MulAdd(sums[r][v], hn::LoadU(d, panels.scale + first + v * lanes),
                              hn::LoadU(d, panels.shift + first + v * lanes));
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
HWY_INLINE void scan_panel(const ScorePanels& panels, std::int64_t panel, const float* activations,
                           SupportSearch* searches) {
  const auto chunk = static_cast<std::int64_t>(kVectors * hn::Lanes(hn::ScalableTag<float>()));
  for (std::int64_t offset = 0; offset < kPanelGenes; offset += chunk) {
    scan_chunk<rows>(panels, panel, offset, activations, searches);
  }
}

void scan_scores(const ScorePanels& panels, const float* activations, std::span<SupportSearch> searches) {
  for (std::int64_t panel = 0; panel < panels_of(panels.n_genes); ++panel) {
    std::size_t row = 0;
    const auto at = [&] { return activations + static_cast<std::int64_t>(row) * panels.n_a; };
    for (; row + kRows <= searches.size(); row += kRows) scan_panel<kRows>(panels, panel, at(), &searches[row]);
    for (; row < searches.size(); ++row) scan_panel<1>(panels, panel, at(), &searches[row]);
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

std::vector<float> pack_panels(std::span<const float> weights, std::int64_t n_genes, std::int64_t n_a) {
  std::vector<float> packed(static_cast<std::size_t>(panels_of(n_genes) * n_a * kPanelGenes), 0.0F);
  parallel_blocks(n_genes, kPanelGenes, [&](std::int64_t first, std::int64_t last) {
    float* panel = packed.data() + first * n_a;
    for (std::int64_t k = 0; k < n_a; ++k) {
      for (std::int64_t gene = first; gene < last; ++gene) {
        panel[k * kPanelGenes + gene - first] = weights[static_cast<std::size_t>(gene * n_a + k)];
      }
    }
  });
  return packed;
}

}  // namespace sctab::kernels::cpu
#endif
