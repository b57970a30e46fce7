// What this machine can do, to divide the kernels by: a product of dense matrices and a copy of memory.
#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "paper_step.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::bench {
namespace {

class Product {
 public:
  static constexpr double kFlops = 2.0 * 1536 * 1536 * 1536;
  void run() {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1.0F, a_.data(), kSize, b_.data(),
                kSize, 0.0F, c_.data(), kSize);
  }

 private:
  static constexpr int kSize = 1536;
  Floats a_ = Floats(kSize * kSize, 1.0F), b_ = a_, c_ = a_;
};

class Copy {
 public:
  static constexpr double kBytes = 2.0 * sizeof(float) * (1 << 26);
  void run() {
    kernels::parallel_blocks(std::ssize(from_), 1 << 18, [&](std::int64_t first, std::int64_t last) {
      std::copy(from_.begin() + first, from_.begin() + last, to_.begin() + first);
    });
    benchmark::DoNotOptimize(to_.data());
  }

 private:
  Floats from_ = Floats(1 << 26, 1.0F), to_ = from_;
};

// The fastest of several runs: others may be using the machine too.
template <typename Task>
double seconds_of(Task task) {
  double best = 1e9;
  for (int i = 0; i < 12; ++i) {
    const auto start = std::chrono::steady_clock::now();
    task.run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void sgemm(benchmark::State& state) {
  Product product;
  measure(state, {Product::kFlops, 0}, [&] { product.run(); });
}

void copy(benchmark::State& state) {
  Copy copying;
  measure(state, {0, Copy::kBytes}, [&] { copying.run(); });
}

// The kernels' threads and OpenBLAS's.
void use_threads(int n) {
  kernels::set_threads(n);
  omp_set_num_threads(n);
}

BENCHMARK(sgemm)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(copy)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

const MachinePeak& machine_peak(int n_threads) {
  static std::map<int, MachinePeak> peaks;
  const auto found = peaks.find(n_threads);
  if (found != peaks.end()) return found->second;
  use_threads(n_threads);
  return peaks[n_threads] = {Product::kFlops / seconds_of(Product()), Copy::kBytes / seconds_of(Copy())};
}

void set_threads(const benchmark::State& state) {
  use_threads(static_cast<int>(state.range(0)));
}

void report(benchmark::State& state, const Work& work, double seconds) {
  const MachinePeak& peak = machine_peak(static_cast<int>(state.range(0)));
  const double runs = static_cast<double>(state.iterations()) / seconds;
  const auto rate = [&](const char* name, double amount) {
    state.counters[name] = benchmark::Counter(amount * runs, benchmark::Counter::kDefaults);
  };
  rate("cells/s", static_cast<double>(PaperStep::kCells));
  if (work.flops > 0) rate("FLOP/s", work.flops), rate("of_peak_flops", work.flops / peak.flops);
  if (work.bytes > 0) rate("B/s", work.bytes), rate("of_peak_bytes", work.bytes / peak.bytes);
}

}  // namespace sctab::bench
