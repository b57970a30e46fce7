// What this machine can do, to divide the kernels by: a product of dense matrices and a copy of memory.
#include <cblas.h>

#include <vector>

#include "paper_step.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::bench {
namespace {

void sgemm(benchmark::State& state) {
  use_threads(state);
  constexpr int kSize = 1536;
  std::vector<float> a(kSize * kSize, 1.0F), b = a, c = a;
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1.0F, a.data(), kSize, b.data(), kSize,
                0.0F, c.data(), kSize);
  }
  state.counters["FLOP/s"] = benchmark::Counter(2.0 * kSize * kSize * kSize * static_cast<double>(state.iterations()),
                                                benchmark::Counter::kIsRate);
}

void copy(benchmark::State& state) {
  use_threads(state);
  const std::vector<float> from(1 << 26, 1.0F);
  std::vector<float> to(from.size());
  for (auto _ : state) {
    kernels::parallel_blocks(std::ssize(from), 1 << 18, [&](std::int64_t first, std::int64_t last) {
      std::copy(from.begin() + first, from.begin() + last, to.begin() + first);
    });
    benchmark::DoNotOptimize(to.data());
  }
  state.counters["B/s"] =
      benchmark::Counter(static_cast<double>(2 * sizeof(float) * from.size()) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

BENCHMARK(sgemm)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(copy)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::bench
