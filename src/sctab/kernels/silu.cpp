#include "sctab/kernels/silu.hpp"

#include "sctab/core/error.hpp"
#include "sctab/kernels/cpu/silu.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kValuesPerTask = 1 << 14;

}  // namespace

void silu(std::span<const float> x, std::span<float> out) {
  SCTAB_ASSERT(x.size() == out.size());
  parallel_blocks(std::ssize(x), kValuesPerTask, [&](std::int64_t first, std::int64_t last) {
    cpu::silu(last - first, x.data() + first, out.data() + first);
  });
}

void silu_backward(std::span<const float> x, std::span<const float> dout, std::span<float> dx) {
  SCTAB_ASSERT(x.size() == dout.size() && x.size() == dx.size());
  parallel_blocks(std::ssize(x), kValuesPerTask, [&](std::int64_t first, std::int64_t last) {
    cpu::silu_backward(last - first, x.data() + first, dout.data() + first, dx.data() + first);
  });
}

}  // namespace sctab::kernels
