#include "sctab/kernels/cpu/simplex.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/simplex.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// visit(scores) for all of them, vector by vector; the last one is filled up with `filler`.
template <typename D, typename Visit>
HWY_INLINE void for_each_vector(D d, std::span<const float> scores, float filler, const Visit& visit) {
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= scores.size(); i += lanes) visit(hn::LoadU(d, scores.data() + i));
  if (i == scores.size()) return;
  const auto is_left = hn::FirstN(d, scores.size() - i);
  visit(hn::IfThenElse(is_left, hn::MaskedLoad(is_left, d, scores.data() + i), hn::Set(d, filler)));
}

// D: of the sums; scores are of as many floats.
template <typename D>
HWY_INLINE Above add_above(D d, std::span<const float> scores, hn::TFromD<D> t) {
  const auto zero = hn::Zero(d), one = hn::Set(d, 1), threshold = hn::Set(d, t);
  auto sum = zero, squares = zero, count = zero;
  // Fillers lie below any t.
  for_each_vector(hn::Rebind<float, D>(), scores, -std::numeric_limits<float>::infinity(), [&](auto given) HWY_ATTR {
    const auto score = [&]() HWY_ATTR {
      if constexpr (sizeof(t) == sizeof(float)) {
        return given;
      } else {
        return hn::PromoteTo(d, given);
      }
    }();
    const auto above = hn::Max(hn::Sub(score, threshold), zero);
    sum = hn::Add(sum, above);
    squares = hn::MulAdd(above, above, squares);
    count = hn::Add(count, hn::IfThenElseZero(hn::Gt(above, zero), one));
  });
  const auto total = [&](auto values) HWY_ATTR { return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, values))); };
  return {total(sum), total(squares), total(count)};
}

Above sums_above_float(std::span<const float> scores, float t) {
  return add_above(hn::ScalableTag<float>(), scores, t);
}
Above sums_above_double(std::span<const float> scores, double t) {
  return add_above(hn::ScalableTag<double>(), scores, t);
}

float largest_of(std::span<const float> scores) {
  const hn::ScalableTag<float> d;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  auto largest = hn::Set(d, kLowest);
  for_each_vector(d, scores, kLowest, [&](auto score) HWY_ATTR { largest = hn::Max(largest, score); });
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

bool all_finite(std::span<const float> scores) {
  const hn::ScalableTag<float> d;
  auto differences = hn::Zero(d);  // score - score is NaN where it is not finite, and stays so
  for_each_vector(d, scores, 0,
                  [&](auto score) HWY_ATTR { differences = hn::Add(differences, hn::Sub(score, score)); });
  return hn::AllTrue(d, hn::Eq(differences, hn::Zero(d)));
}

std::int64_t keep_above(std::int32_t* genes, float* scores, std::int64_t n, float limit) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<std::int32_t> of_genes;
  static_assert(hn::MaxLanes(d) <= static_cast<std::size_t>(kVectorRoom));
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < n; i += lanes) {
    const auto score = hn::LoadU(d, scores + i);
    const auto gene = hn::LoadU(of_genes, genes + i);
    const auto is_score = hn::FirstN(d, static_cast<std::size_t>(n - i));
    const auto is_kept = hn::And(hn::Gt(score, hn::Set(d, limit)), is_score);
    hn::StoreU(hn::Compress(score, is_kept), d, scores + kept);
    hn::StoreU(hn::Compress(gene, hn::RebindMask(of_genes, is_kept)), of_genes, genes + kept);
    kept += static_cast<std::int64_t>(hn::CountTrue(d, is_kept));
  }
  return kept;
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(sums_above_float);
HWY_EXPORT(sums_above_double);
HWY_EXPORT(largest_of);
HWY_EXPORT(all_finite);
HWY_EXPORT(keep_above);

Above sums_above(std::span<const float> scores, float t) {
  return HWY_DYNAMIC_DISPATCH(sums_above_float)(scores, t);
}
Above sums_above(std::span<const float> scores, double t) {
  return HWY_DYNAMIC_DISPATCH(sums_above_double)(scores, t);
}
float largest_of(std::span<const float> scores) {
  return HWY_DYNAMIC_DISPATCH(largest_of)(scores);
}
bool all_finite(std::span<const float> scores) {
  return HWY_DYNAMIC_DISPATCH(all_finite)(scores);
}
std::int64_t keep_above(std::int32_t* genes, float* scores, std::int64_t n, float limit) {
  return HWY_DYNAMIC_DISPATCH(keep_above)(genes, scores, n, limit);
}

}  // namespace sctab::kernels::cpu
#endif
