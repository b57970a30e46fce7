#include "memory_cells.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/kernels/augment.hpp"
#include "sctab/store/loader.hpp"

namespace sctab::bench {
namespace {

constexpr std::int64_t kVectors = 500;
constexpr double kDensity = 0.1;

/// rows × genes, each entry there with this probability.
template <typename Value>
sparse::CsrMatrix random_matrix(core::Rng& rng, std::int64_t n_rows, std::int64_t n_genes, double density,
                                const Value& value) {
  sparse::CsrMatrix matrix;
  matrix.clear(core::narrow<sparse::GeneIndex>(n_genes));
  std::vector<sparse::GeneIndex> genes;
  std::vector<float> values;
  for (std::int64_t row = 0; row < n_rows; ++row) {
    genes.clear();
    values.clear();
    for (sparse::GeneIndex gene = 0; gene < matrix.n_genes; ++gene) {
      if (rng.uniform() >= density) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(value(rng)));
    }
    matrix.append_row(genes, values);
  }
  return matrix;
}

double donor_difference(core::Rng& rng) {
  double value = 0;
  while (std::abs(value) <= 0.25) value = 0.4 * rng.normal();
  return std::clamp(value, -1.5, 1.5);
}

}  // namespace

std::vector<LabelledCells> cells_of_store(const Settings& settings, std::int64_t n_batches) {
  const auto opened = store::Store::open(settings.store());
  store::Loader loader(opened, store::Split::kTrain, {.batch_size = settings.batch_size, .threads = settings.threads});
  std::vector<LabelledCells> all;
  for (store::Batch batch; std::ssize(all) < n_batches && loader.next(batch);) {
    at::Tensor types = at::empty({batch.x.n_cells}, at::kLong);
    std::copy(batch.cell_types.begin(), batch.cell_types.end(), types.data_ptr<std::int64_t>());
    all.push_back({batch.x, types});
  }
  SCTAB_ASSERT(!all.empty());
  return all;
}

LabelledCells random_cells(const Settings& settings) {
  core::Rng rng(1);
  sparse::CsrMatrix x = random_matrix(rng, settings.batch_size, settings.n_genes, kDensity,
                                      [](core::Rng& draw) { return 4 * draw.uniform(); });
  return {std::move(x), at::arange(settings.batch_size, at::kLong) % settings.n_types};
}

Augmentation::Augmentation(const Settings& settings, double density)
    : rng_(2), vectors_(random_matrix(rng_, kVectors, settings.n_genes, density, donor_difference)) {}

const sparse::CsrMatrix& Augmentation::operator()(sparse::CsrView x) {
  const auto n = static_cast<std::size_t>(x.n_cells);
  std::vector<std::int64_t> vector_index(n);
  std::vector<float> sign(n);
  for (std::size_t cell = 0; cell < n; ++cell) {
    vector_index[cell] = static_cast<std::int64_t>(rng_.below(kVectors));
    sign[cell] = rng_.below(2) == 0 ? -1.0F : 1.0F;
  }
  kernels::augment(x, {vectors_.view(), vector_index, sign}, augmented_);
  return augmented_;
}

}  // namespace sctab::bench
