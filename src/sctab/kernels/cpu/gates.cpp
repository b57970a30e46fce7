#include "sctab/kernels/cpu/gates.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sctab/kernels/cpu/gates.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file again for each target, and must come first.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sctab::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<float>;
using Single = hn::CappedTag<float, 1>;  // for the columns left over
constexpr float kSqrtHalf = 0.70710678F;

// 1 / (1 + exp(-x)), lane by lane, the same in any lane. NaN stays NaN.
template <typename D>
HWY_INLINE hn::Vec<D> sigmoid(D d, hn::Vec<D> x) {
  // Exp is exact up to 104, and 0 for NaN, which must not be lost.
  const auto falling = hn::Exp(d, hn::Min(hn::Neg(x), hn::Set(d, 88.0F)));
  const auto share = hn::Div(hn::Set(d, 1.0F), hn::Add(hn::Set(d, 1.0F), falling));
  return hn::IfThenElse(hn::IsNaN(x), x, share);
}

// visit(tag, column) for columns [first, last), whole vectors first.
template <typename Visit>
HWY_INLINE void for_each_column(std::int64_t first, std::int64_t last, const Visit& visit) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Wide()));
  std::int64_t c = first;
  for (; c + lanes <= last; c += lanes) visit(Wide(), c);
  for (; c < last; ++c) visit(Single(), c);
}

// The sum of term(row) over all rows: four partial sums hide latency and halve rounding.
template <typename D, typename Term>
HWY_INLINE hn::Vec<D> sum_rows(D d, std::int64_t n_rows, const Term& term) {
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
  std::int64_t row = 0;
  for (; row + 4 <= n_rows; row += 4) {
    sum0 = hn::Add(sum0, term(row));
    sum1 = hn::Add(sum1, term(row + 1));
    sum2 = hn::Add(sum2, term(row + 2));
    sum3 = hn::Add(sum3, term(row + 3));
  }
  for (; row < n_rows; ++row) sum0 = hn::Add(sum0, term(row));
  return hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
}

void column_statistics(const ColumnBlock& block, float* mean, float* variance) {
  const float share = 1.0F / static_cast<float>(block.n_rows);
  for_each_column(block.first, block.last, [&](auto d, std::int64_t c) HWY_ATTR {
    const auto load = [&](std::int64_t row) HWY_ATTR { return hn::LoadU(d, block.values + row * block.stride + c); };
    const auto centre = hn::Mul(sum_rows(d, block.n_rows, load), hn::Set(d, share));
    const auto squares = sum_rows(d, block.n_rows, [&](std::int64_t row) HWY_ATTR {
      const auto deviation = hn::Sub(load(row), centre);
      return hn::Mul(deviation, deviation);
    });
    hn::StoreU(centre, d, mean + c);
    hn::StoreU(hn::Mul(squares, hn::Set(d, share)), d, variance + c);
  });
}

void gate_rows(const GateRows& rows, float* out) {
  const std::int64_t width = rows.width;
  for (std::int64_t row = 0; row < rows.n_rows; ++row) {
    const float* value = rows.projected + row * 2 * width;
    for_each_column(0, width, [&](auto d, std::int64_t c) HWY_ATTR {
      const auto normalised = [&](std::int64_t column) HWY_ATTR {
        return hn::MulAdd(hn::LoadU(d, value + column), hn::LoadU(d, rows.scale + column),
                          hn::LoadU(d, rows.shift + column));
      };
      auto gated = hn::Mul(normalised(c), sigmoid(d, normalised(width + c)));
      if (rows.residual != nullptr) {
        gated = hn::Mul(hn::Add(gated, hn::LoadU(d, rows.residual + row * width + c)), hn::Set(d, kSqrtHalf));
      }
      hn::StoreU(gated, d, out + row * width + c);
    });
  }
}

// d(norm) of one column becomes d(projected), in place, given the column's sums.
template <typename D>
HWY_INLINE void finish_column(D d, const GateBatch& batch, std::int64_t c, hn::Vec<D> dweight, hn::Vec<D> dbias,
                              float* dprojected) {
  const auto inverse_sd = hn::LoadU(d, batch.inverse_sd + c);
  const auto scale = hn::Mul(hn::LoadU(d, batch.weight + c), inverse_sd);
  const auto mean = hn::LoadU(d, batch.mean + c);
  const auto share = hn::Set(d, batch.own_statistics ? 1.0F / static_cast<float>(batch.n_rows) : 0.0F);
  const auto constant = hn::Mul(dbias, share), slope = hn::Mul(hn::Mul(dweight, share), inverse_sd);
  for (std::int64_t row = 0; row < batch.n_rows; ++row) {
    const std::int64_t at = row * 2 * batch.width + c;
    const auto deviation = hn::Sub(hn::LoadU(d, batch.projected + at), mean);
    const auto gradient = hn::NegMulAdd(deviation, slope, hn::Sub(hn::LoadU(d, dprojected + at), constant));
    hn::StoreU(hn::Mul(scale, gradient), d, dprojected + at);
  }
}

void gate_backward(const GateBatch& batch, std::int64_t first, std::int64_t last, float* dprojected, float* dweight,
                   float* dbias) {
  for_each_column(first, last, [&](auto d, std::int64_t c) HWY_ATTR {
    const std::int64_t g = c + batch.width;
    const auto zhat = [&](std::int64_t row, std::int64_t column) HWY_ATTR {
      const auto value = hn::LoadU(d, batch.projected + row * 2 * batch.width + column);
      return hn::Mul(hn::Sub(value, hn::LoadU(d, batch.mean + column)), hn::LoadU(d, batch.inverse_sd + column));
    };
    auto dweight_value = hn::Zero(d), dbias_value = hn::Zero(d), dweight_gate = hn::Zero(d), dbias_gate = hn::Zero(d);
    for (std::int64_t row = 0; row < batch.n_rows; ++row) {
      const auto zhat_value = zhat(row, c), zhat_gate = zhat(row, g);
      const auto value = hn::MulAdd(zhat_value, hn::LoadU(d, batch.weight + c), hn::LoadU(d, batch.bias + c));
      const auto gate = sigmoid(d, hn::MulAdd(zhat_gate, hn::LoadU(d, batch.weight + g), hn::LoadU(d, batch.bias + g)));
      const auto dgated = hn::Mul(hn::LoadU(d, batch.dout + row * batch.width + c), hn::Set(d, batch.dout_scale));
      const auto dvalue = hn::Mul(dgated, gate);
      const auto dgate = hn::Mul(hn::Mul(dvalue, value), hn::Sub(hn::Set(d, 1.0F), gate));
      dbias_value = hn::Add(dbias_value, dvalue);
      dbias_gate = hn::Add(dbias_gate, dgate);
      dweight_value = hn::MulAdd(dvalue, zhat_value, dweight_value);
      dweight_gate = hn::MulAdd(dgate, zhat_gate, dweight_gate);
      hn::StoreU(dvalue, d, dprojected + row * 2 * batch.width + c);
      hn::StoreU(dgate, d, dprojected + row * 2 * batch.width + g);
    }
    finish_column(d, batch, c, dweight_value, dbias_value, dprojected);
    finish_column(d, batch, g, dweight_gate, dbias_gate, dprojected);
    hn::StoreU(dweight_value, d, dweight + c);
    hn::StoreU(dweight_gate, d, dweight + g);
    hn::StoreU(dbias_value, d, dbias + c);
    hn::StoreU(dbias_gate, d, dbias + g);
  });
}

void silu(std::int64_t n, const float* x, float* out) {
  for_each_column(0, n, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, x + i);
    hn::StoreU(hn::Mul(value, sigmoid(d, value)), d, out + i);
  });
}

void silu_backward(std::int64_t n, const float* x, const float* dout, float* dx) {
  for_each_column(0, n, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, x + i), share = sigmoid(d, value);
    const auto slope = hn::MulAdd(hn::Mul(value, share), hn::Sub(hn::Set(d, 1.0F), share), share);
    hn::StoreU(hn::Mul(hn::LoadU(d, dout + i), slope), d, dx + i);
  });
}

}  // namespace sctab::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sctab::kernels::cpu {

HWY_EXPORT(column_statistics);
HWY_EXPORT(gate_rows);
HWY_EXPORT(gate_backward);
HWY_EXPORT(silu);
HWY_EXPORT(silu_backward);

void column_statistics(const ColumnBlock& block, float* mean, float* variance) {
  HWY_DYNAMIC_DISPATCH(column_statistics)(block, mean, variance);
}

void gate_rows(const GateRows& rows, float* out) {
  HWY_DYNAMIC_DISPATCH(gate_rows)(rows, out);
}

void gate_backward(const GateBatch& batch, std::int64_t first, std::int64_t last, float* dprojected, float* dweight,
                   float* dbias) {
  HWY_DYNAMIC_DISPATCH(gate_backward)(batch, first, last, dprojected, dweight, dbias);
}

void silu(std::int64_t n, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(silu)(n, x, out);
}

void silu_backward(std::int64_t n, const float* x, const float* dout, float* dx) {
  HWY_DYNAMIC_DISPATCH(silu_backward)(n, x, dout, dx);
}

}  // namespace sctab::kernels::cpu
#endif
