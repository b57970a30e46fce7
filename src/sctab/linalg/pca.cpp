#include "sctab/linalg/pca.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/require.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/linalg/factorisations.hpp"
#include "sctab/linalg/gene_moments.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"

namespace sctab::linalg {
namespace {

constexpr core::CellIndex kBatch = 4096;
constexpr std::int64_t kRowsPerTask = 256;
// A direction that the cells do not span gets some variance by rounding: less than these shares of the largest
// variance, and of the sum of squares, before centring, that projections in float32 round.
constexpr double kNoVariance = 1e-10, kRounding = 1e-13;

std::vector<float> to_floats(std::span<const double> values) {
  std::vector<float> floats(values.size());
  std::ranges::transform(values, floats.begin(), [](double value) { return static_cast<float>(value); });
  return floats;
}

/// mean · directions, in double. directions: n_genes × width.
std::vector<float> project_mean(std::span<const float> mean, std::span<const float> directions, std::size_t width) {
  std::vector<double> sums(width, 0.0);
  for (std::size_t gene = 0; gene < mean.size(); ++gene) {
    for (std::size_t j = 0; j < width; ++j) {
      sums[j] += static_cast<double>(mean[gene]) * static_cast<double>(directions[gene * width + j]);
    }
  }
  return to_floats(sums);
}

/// scores = log_norm · directions − offset, row by row.
void project_centred(sparse::CsrView log_norm, std::span<const float> directions, std::span<const float> offset,
                     std::span<float> scores) {
  const auto width = std::ssize(offset);
  kernels::csr_projection(log_norm, directions, width, scores);
  kernels::parallel_blocks(log_norm.n_cells, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      float* values = scores.data() + row * width;
      for (std::int64_t j = 0; j < width; ++j) values[j] -= offset[static_cast<std::size_t>(j)];
    }
  });
}

void add(std::span<const float> values, std::span<double> to) {
  kernels::parallel_blocks(std::ssize(values), std::int64_t{1} << 16, [&](std::int64_t first, std::int64_t last) {
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
      to[i] += static_cast<double>(values[i]);
    }
  });
}

/// The search for the space that the largest components span.
class SubspaceSearch {
 public:
  SubspaceSearch(const EachBatch& each_batch, std::vector<float> mean, std::int64_t width, std::uint64_t seed)
      : each_batch_(each_batch), mean_(std::move(mean)), width_(width), directions_(mean_.size() * size(width)) {
    core::Rng rng = core::Rng(seed).child("pca");
    for (double& value : directions_) value = rng.normal();
    orthonormalise(directions_, width_);
  }

  /// directions = covariance · directions, made orthonormal again.
  void iterate();
  /// The covariance of the cells' scores on the directions, times the number of cells: width × width.
  [[nodiscard]] std::vector<double> score_products();
  [[nodiscard]] const std::vector<double>& directions() const { return directions_; }

 private:
  static std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }
  /// Calls use(cells, scores) for each batch, scores centred.
  template <typename Use>
  void for_each_score(const Use& use);

  const EachBatch& each_batch_;
  std::vector<float> mean_;  // of each gene
  std::int64_t width_;
  std::vector<double> directions_;  // n_genes × width
};

template <typename Use>
void SubspaceSearch::for_each_score(const Use& use) {
  const std::vector<float> directions = to_floats(directions_);
  const std::vector<float> offset = project_mean(mean_, directions, size(width_));
  std::vector<float> scores;
  each_batch_([&](sparse::CsrView cells) {
    core::check_interrupt();
    scores.resize(size(cells.n_cells * width_));
    project_centred(cells, directions, offset, scores);
    use(cells, std::span<const float>(scores));
  });
}

void SubspaceSearch::iterate() {
  std::vector<double> products(directions_.size(), 0.0), score_sums(size(width_), 0.0);
  std::vector<float> product(directions_.size());
  sparse::CsrMatrix by_gene;
  for_each_score([&](sparse::CsrView cells, std::span<const float> scores) {
    kernels::csr_transpose(cells, by_gene);
    kernels::csr_projection(by_gene.view(), scores, width_, product);
    add(product, products);
    for (std::size_t i = 0; i < scores.size(); ++i) score_sums[i % size(width_)] += static_cast<double>(scores[i]);
  });
  for (std::size_t gene = 0; gene < mean_.size(); ++gene) {
    for (std::size_t j = 0; j < size(width_); ++j) {
      products[gene * size(width_) + j] -= static_cast<double>(mean_[gene]) * score_sums[j];
    }
  }
  directions_ = std::move(products);
  orthonormalise(directions_, width_);
}

std::vector<double> SubspaceSearch::score_products() {
  std::vector<double> products(size(width_ * width_), 0.0);
  std::vector<float> product(products.size());
  for_each_score([&](sparse::CsrView cells, std::span<const float> scores) {
    kernels::transposed_product(scores, scores, cells.n_cells, product);
    add(product, products);
  });
  return products;
}

/// Turns the sign of each column so that its largest entry is positive. matrix: n_rows × n_columns.
void fix_signs(std::vector<double>& matrix, std::size_t n_columns) {
  for (std::size_t j = 0; j < n_columns; ++j) {
    double largest = 0;
    for (std::size_t i = j; i < matrix.size(); i += n_columns) {
      if (std::abs(matrix[i]) > std::abs(largest)) largest = matrix[i];
    }
    for (std::size_t i = j; largest < 0 && i < matrix.size(); i += n_columns) matrix[i] *= -1;
  }
}

/// The first n columns of directions · vectorsᵀ. directions: n_genes × width; vectors: one per row of `width`.
std::vector<double> rotated(const std::vector<double>& directions, const std::vector<double>& vectors,
                            std::int64_t width, std::int64_t n) {
  std::vector<double> out(directions.size() / static_cast<std::size_t>(width) * static_cast<std::size_t>(n));
  kernels::product_transposed_f64(directions, std::span(vectors).first(static_cast<std::size_t>(n * width)), width,
                                  out);
  return out;
}

/// Number of leading components that are more than rounding.
std::size_t n_found(const std::vector<double>& values, std::int64_t wanted, double sum_of_squares) {
  std::size_t n = 0;
  const double floor = std::max(kNoVariance * values.front(), kRounding * sum_of_squares);
  while (std::cmp_less(n, wanted) && values[n] > floor) ++n;
  return n;
}

}  // namespace

void PcaOptions::validate() const {
  using core::require;
  require(n_components >= 1 && n_components <= 2000, "--components", n_components, "1 to 2000");
  require(oversampling >= 0 && oversampling <= 2000, "oversampling", oversampling, "0 to 2000");
  require(power_iterations >= 1, "--power-iterations", power_iterations, "at least 1");
}

void Pca::set_offset() {
  offset = project_mean(mean, components, static_cast<std::size_t>(n_components));
}

void Pca::project(sparse::CsrView log_norm, std::span<float> scores) const {
  SCTAB_ASSERT(log_norm.n_genes == n_genes);
  if (n_components > 0) project_centred(log_norm, components, offset, scores);
}

std::vector<float> Pca::project(sparse::CsrView log_norm) const {
  std::vector<float> scores(static_cast<std::size_t>(log_norm.n_cells * n_components));
  project(log_norm, scores);
  return scores;
}

Pca fit_pca(const EachBatch& each_batch, sparse::GeneIndex n_genes, const PcaOptions& options) {
  options.validate();
  GeneMoments moments(n_genes);
  each_batch([&](sparse::CsrView cells) {
    core::check_interrupt();
    moments.add(cells);
  });
  if (moments.n_cells() < 2) {
    throw core::InputError({.found = core::plural(moments.n_cells(), "training cell"),
                            .expected = "at least 2, to find principal components"});
  }
  Pca pca;
  pca.n_genes = n_genes;
  pca.n_cells = moments.n_cells();
  pca.mean = to_floats(moments.mean());
  const auto n = static_cast<double>(pca.n_cells);
  const double sum_of_squares = std::accumulate(moments.sum_of_squares().begin(), moments.sum_of_squares().end(), 0.0);
  for (const double value : moments.variance()) pca.total_variance += value * n / (n - 1);

  const std::int64_t wanted = std::min({options.n_components, std::int64_t{n_genes}, pca.n_cells - 1});
  const std::int64_t width = std::min(wanted + options.oversampling, std::int64_t{n_genes});
  SubspaceSearch search(each_batch, pca.mean, width, options.seed);
  for (int i = 0; i < options.power_iterations; ++i) search.iterate();
  const EigenPairs eigen = symmetric_eigen(search.score_products(), width);
  pca.n_components = static_cast<std::int64_t>(n_found(eigen.values, wanted, sum_of_squares));
  for (std::int64_t i = 0; i < pca.n_components; ++i) {
    pca.variance.push_back(eigen.values[static_cast<std::size_t>(i)] / (n - 1));
  }
  if (pca.n_components == 0) return pca;
  std::vector<double> components = rotated(search.directions(), eigen.vectors, width, pca.n_components);
  fix_signs(components, pca.variance.size());
  pca.components = to_floats(components);
  pca.set_offset();
  return pca;
}

Pca fit_pca(sparse::CsrView log_norm, const PcaOptions& options) {
  return fit_pca([&](const auto& use) { use(log_norm); }, log_norm.n_genes, options);
}

Pca fit_pca(const store::Store& store, const PcaOptions& options, int threads) {
  const store::Split split = store::Split::kTrain;
  core::Progress progress("principal components", store.n_cells(split) * (options.power_iterations + 2));
  const EachBatch each_batch = [&](const std::function<void(sparse::CsrView)>& use) {
    store::Loader loader(store, split,
                         {.batch_size = kBatch, .shuffle = false, .threads = store::reader_threads(threads)});
    for (store::Batch batch; loader.next(batch);) {
      use(batch.x.view());
      progress.advance(batch.x.n_cells);
    }
  };
  try {
    Pca pca = fit_pca(each_batch, store.genes().size(), options);
    if (pca.n_components == 0) {
      throw core::InputError(
          {.found = "all training cells are the same", .expected = "cells that differ, to find principal components"});
    }
    progress.finish();
    return pca;
  } catch (const core::InputError& error) {
    throw error.within({.file = store.directory().string()});
  }
}

}  // namespace sctab::linalg
