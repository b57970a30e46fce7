// Augmented cells. The arguments are the number of threads and the percentage of genes in a vector: 3 where differences
// within ±0.25 are dropped, 53 in a corpus of few donors.
#include "paper_step.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/augment.hpp"

namespace sctab::bench {
namespace {

using P = PaperStep;

constexpr std::int64_t kVectors = 256;

sparse::CsrMatrix random_vectors(double density) {
  core::Rng rng(3);
  sparse::CsrMatrix vectors;
  vectors.clear(P::kGenes);
  for (std::int64_t i = 0; i < kVectors; ++i) {
    for (sparse::GeneIndex gene = 0; gene < P::kGenes; ++gene) {
      if (rng.uniform() >= density) continue;
      vectors.indices.push_back(gene);
      vectors.data.push_back(static_cast<float>(rng.normal()));
    }
    vectors.indptr.push_back(std::ssize(vectors.indices));
  }
  vectors.n_cells = kVectors;
  return vectors;
}

struct AugmentedCells {
  explicit AugmentedCells(const benchmark::State& state)
      : vectors(random_vectors(static_cast<double>(state.range(1)) / 100)) {
    for (std::int64_t cell = 0; cell < P::kCells; ++cell) {
      index.push_back(cell * 7 % kVectors);
      sign.push_back(cell % 2 == 0 ? 1.0F : -1.0F);
    }
    kernels::augment(paper_step().x.view(), by(), out);
  }
  [[nodiscard]] kernels::Augmentation by() const { return {vectors.view(), index, sign}; }
  [[nodiscard]] Work work() const { return {0, 8 * static_cast<double>(paper_step().x.nnz() + out.nnz())}; }

  sparse::CsrMatrix vectors, out;
  std::vector<std::int64_t> index;
  std::vector<float> sign;
};

void augment(benchmark::State& state) {
  AugmentedCells cells(state);
  measure(state, cells.work(), [&] { kernels::augment(paper_step().x.view(), cells.by(), cells.out); });
}

BENCHMARK(augment)->ArgsProduct({{1, 4}, {3, 53}})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sctab::bench
