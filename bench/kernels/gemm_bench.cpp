// Our products of dense matrices next to OpenBLAS's, on the shapes of the network. Arguments: threads, rows, columns
// and depth of the product, of which threads divide the rows.
#include <cblas.h>
#include <omp.h>

#include <algorithm>

#include "paper_step.hpp"
#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::bench {
namespace {

constexpr CBLAS_TRANSPOSE kPlain = CblasNoTrans, kTransposed = CblasTrans;

struct Problem {
  std::int64_t n_rows, n_columns, depth;
  Floats a, b, out;

  explicit Problem(const benchmark::State& state)
      : n_rows(state.range(1)),
        n_columns(state.range(2)),
        depth(state.range(3)),
        a(numbers(n_rows * depth)),
        b(numbers(depth * n_columns)),
        out(numbers(n_rows * n_columns)) {}
  static Floats numbers(std::int64_t n) {
    Floats values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) - 8;
    return values;
  }

  // Rows [first, last) of out = op(a) · op(b), both row-major however they are used.
  void openblas(CBLAS_TRANSPOSE op_a, CBLAS_TRANSPOSE op_b, std::int64_t first, std::int64_t last) {
    const auto lda = static_cast<int>(op_a == kPlain ? depth : n_rows);
    const auto ldb = static_cast<int>(op_b == kPlain ? n_columns : depth), ldc = static_cast<int>(n_columns);
    cblas_sgemm(CblasRowMajor, op_a, op_b, static_cast<int>(last - first), ldc, static_cast<int>(depth), 1.0F,
                a.data() + (op_a == kPlain ? first * depth : first), lda, b.data(), ldb, 0.0F,
                out.data() + first * n_columns, ldc);
  }
};

template <typename Task>
void time(benchmark::State& state, const Problem& p, const Task& task) {
  set_threads(state);
  for (auto _ : state) {
    task();
    benchmark::ClobberMemory();
  }
  const auto products = static_cast<double>(p.n_rows * p.n_columns * p.depth);
  state.counters["FLOP/s"] = benchmark::Counter(2 * products, benchmark::Counter::kIsIterationInvariantRate);
}

// OpenBLAS within tasks of so many rows, which gives the same bits for any number of threads; `whole`: in one call, on
// its own threads, which does not.
template <CBLAS_TRANSPOSE op_a, CBLAS_TRANSPOSE op_b, std::int64_t rows_per_task>
void openblas(benchmark::State& state) {
  Problem p(state);
  time(state, p, [&] {
    kernels::parallel_blocks(p.n_rows, rows_per_task,
                             [&](std::int64_t first, std::int64_t last) { p.openblas(op_a, op_b, first, last); });
  });
}
template <CBLAS_TRANSPOSE op_a, CBLAS_TRANSPOSE op_b>
void openblas_whole(benchmark::State& state) {
  Problem p(state);
  time(state, p, [&] { p.openblas(op_a, op_b, 0, p.n_rows); });
}

void abt_sctab(benchmark::State& state) {
  Problem p(state);
  time(state, p, [&] { kernels::product_transposed(p.a, p.b, p.depth, p.out); });
}

void abt_sctab_packed(benchmark::State& state) {
  Problem p(state);
  const kernels::PackedWeights packed(p.b, p.depth);
  time(state, p, [&] { kernels::linear_layer(p.a, packed, {}, p.out); });
}

void ab_sctab(benchmark::State& state) {
  Problem p(state);
  time(state, p, [&] { kernels::product(p.a, p.b, p.depth, 0, p.out); });
}

void atb_sctab(benchmark::State& state) {
  Problem p(state);
  time(state, p, [&] { kernels::transposed_product(p.a, p.b, p.depth, p.out); });
}

// The small products within a task of the attention: packed for each product.
template <bool a_transposed>
void block_sctab(benchmark::State& state) {
  Problem p(state);
  const kernels::cpu::StridedMatrix b(p.b.data(), p.depth, p.n_columns);
  const kernels::cpu::StridedMatrix a = a_transposed
                                            ? kernels::cpu::StridedMatrix(p.a.data(), p.depth, p.n_rows).transposed()
                                            : kernels::cpu::StridedMatrix(p.a.data(), p.n_rows, p.depth);
  time(state, p, [&] { kernels::cpu::gemm(1, a, b, 0, p.out.data()); });
}

using P = PaperStep;

void layers(benchmark::internal::Benchmark* b) {
  for (const std::int64_t threads : {1, 2, 4}) {
    b->Args({threads, P::kCells, P::kHidden, P::kWidth});
    b->Args({threads, P::kCells, P::kTypes, P::kEmbedding});
  }
}
void inputs(benchmark::internal::Benchmark* b) {
  for (const std::int64_t threads : {1, 2, 4}) b->Args({threads, P::kCells, P::kWidth, P::kHidden});
}
void weights(benchmark::internal::Benchmark* b) {
  for (const std::int64_t threads : {1, 2, 4}) b->Args({threads, P::kHidden, P::kWidth, P::kCells});
}
void blocks(benchmark::internal::Benchmark* b) {
  for (const std::int64_t rows : {96, 256}) b->Args({1, rows, P::kActivations, P::kActivations});
}
void covariances(benchmark::internal::Benchmark* b) {
  b->Args({1, P::kActivations, P::kActivations, P::kVirtualBatch});
}

#define SCTAB_GEMM_BENCHMARK(name, shapes, ...) \
  BENCHMARK(__VA_ARGS__)->Name(name)->Apply(shapes)->Unit(benchmark::kMillisecond)->UseRealTime()
SCTAB_GEMM_BENCHMARK("gemm_abt", layers, abt_sctab);
SCTAB_GEMM_BENCHMARK("gemm_abt_packed", layers, abt_sctab_packed);
SCTAB_GEMM_BENCHMARK("gemm_abt_openblas", layers, openblas<kPlain, kTransposed, 128>);
SCTAB_GEMM_BENCHMARK("gemm_abt_openblas_whole", layers, openblas_whole<kPlain, kTransposed>);
SCTAB_GEMM_BENCHMARK("gemm_ab", inputs, ab_sctab);
SCTAB_GEMM_BENCHMARK("gemm_ab_openblas", inputs, openblas<kPlain, kPlain, 128>);
SCTAB_GEMM_BENCHMARK("gemm_ab_openblas_whole", inputs, openblas_whole<kPlain, kPlain>);
SCTAB_GEMM_BENCHMARK("gemm_atb", weights, atb_sctab);
SCTAB_GEMM_BENCHMARK("gemm_atb_openblas", weights, openblas<kTransposed, kPlain, 48>);
SCTAB_GEMM_BENCHMARK("gemm_atb_openblas_whole", weights, openblas_whole<kTransposed, kPlain>);
SCTAB_GEMM_BENCHMARK("gemm_block", blocks, block_sctab<false>);
SCTAB_GEMM_BENCHMARK("gemm_block_openblas", blocks, openblas_whole<kPlain, kPlain>);
SCTAB_GEMM_BENCHMARK("gemm_covariance", covariances, block_sctab<true>);
SCTAB_GEMM_BENCHMARK("gemm_covariance_openblas", covariances, openblas_whole<kTransposed, kPlain>);

}  // namespace
}  // namespace sctab::bench
