#include "sctab/kernels/cpu/augment.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/augment.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

std::int64_t take_clamped(float* row, std::int64_t n_genes, float low, float high, std::int32_t* genes, float* values) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<std::int32_t> of_genes;
  static_assert(hn::MaxLanes(d) <= static_cast<std::size_t>(kDenseRoom));
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d), lowest = hn::Set(d, low), highest = hn::Set(d, high);
  const auto step = hn::Set(of_genes, static_cast<std::int32_t>(lanes));
  auto gene = hn::Iota(of_genes, 0);
  std::int64_t n = 0;
  for (std::int64_t at = 0; at < n_genes; at += lanes, gene = hn::Add(gene, step)) {
    const auto sum = hn::LoadU(d, row + at);
    hn::StoreU(zero, d, row + at);
    // Comparisons rather than Min and Max, and not Ne, which would lose NaN.
    const auto value = hn::IfThenElse(hn::Lt(sum, lowest), lowest, hn::IfThenElse(hn::Gt(sum, highest), highest, sum));
    const auto is_taken = hn::Not(hn::Eq(value, zero));
    hn::StoreU(hn::Compress(value, is_taken), d, values + n);
    hn::StoreU(hn::Compress(gene, hn::RebindMask(of_genes, is_taken)), of_genes, genes + n);
    n += static_cast<std::int64_t>(hn::CountTrue(d, is_taken));
  }
  return n;
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(take_clamped);

void add_to_row(const sparse::RowView& cell, const sparse::RowView& vector, float sign, float* row) {
  for (std::size_t i = 0; i < vector.indices.size(); ++i) row[vector.indices[i]] = sign * vector.data[i];
  for (std::size_t i = 0; i < cell.indices.size(); ++i) row[cell.indices[i]] += cell.data[i];
}

std::int64_t take_clamped(float* row, std::int64_t n_genes, float low, float high, std::int32_t* genes, float* values) {
  return HWY_DYNAMIC_DISPATCH(take_clamped)(row, n_genes, low, high, genes, values);
}

}  // namespace sctab::kernels::cpu
#endif
