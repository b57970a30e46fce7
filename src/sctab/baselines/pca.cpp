#include "sctab/baselines/pca.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sctab/baselines/gene_moments.hpp"
#include "sctab/baselines/orthonormal.hpp"
#include "sctab/baselines/symmetric_eigen.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/csr_transpose.hpp"
#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/reader_threads.hpp"

namespace sctab::baselines {
namespace {

constexpr core::CellIndex kBatch = 4096;
constexpr std::int64_t kRowsPerTask = 256;
// Of the largest variance: below it stands what rounding makes of directions that the cells do not span.
constexpr double kNoVariance = 1e-10;

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

/// Columns of directions · vectorsᵀ, the first n of them, each with its largest entry above 0. vectors: width a row.
std::vector<float> rotated(const std::vector<double>& directions, const std::vector<double>& vectors, std::size_t width,
                           std::size_t n) {
  const std::size_t n_genes = directions.size() / width;
  std::vector<double> out(n_genes * n);
  const auto dim = [](std::size_t value) { return static_cast<int>(value); };
  kernels::parallel_blocks(static_cast<std::int64_t>(n_genes), kRowsPerTask,
                           [&](std::int64_t first, std::int64_t last) {
                             const auto row = static_cast<std::size_t>(first);
                             cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(last - first),
                                         dim(n), dim(width), 1.0, directions.data() + row * width, dim(width),
                                         vectors.data(), dim(width), 0.0, out.data() + row * n, dim(n));
                           });
  for (std::size_t j = 0; j < n; ++j) {
    double largest = 0;
    for (std::size_t gene = 0; gene < n_genes; ++gene) {
      if (std::abs(out[gene * n + j]) > std::abs(largest)) largest = out[gene * n + j];
    }
    for (std::size_t gene = 0; largest < 0 && gene < n_genes; ++gene) out[gene * n + j] *= -1;
  }
  return to_floats(out);
}

}  // namespace

void PcaOptions::validate() const {
  const auto require = [](bool good, std::string_view field, std::int64_t value, std::string_view expected) {
    if (!good) throw core::InputError(fmt::format("pca: {} is {}, expected {}", field, value, expected));
  };
  require(n_components >= 1 && n_components <= 2000, "--components", n_components, "1 to 2000");
  require(oversampling >= 0 && oversampling <= 2000, "oversampling", oversampling, "0 to 2000");
  require(power_iterations >= 1, "power_iterations", power_iterations, "at least 1");
}

void Pca::project(sparse::CsrView log_norm, std::span<float> scores) const {
  SCTAB_ASSERT(log_norm.n_genes == n_genes);
  project_centred(log_norm, components, offset, scores);
}

void Pca::add_to(nn::ModelArrays& arrays) const {
  arrays.add("pca.mean", {n_genes}, mean);
  arrays.add("pca.components", {n_genes, n_components}, components);
  arrays.add("pca.variance", {n_components}, to_floats(variance));
}

Pca Pca::from(const nn::ModelArrays& arrays, std::int64_t n_genes, std::int64_t n_components) {
  Pca pca;
  pca.n_genes = n_genes;
  pca.n_components = n_components;
  pca.mean = arrays.floats("pca.mean", {n_genes});
  pca.components = arrays.floats("pca.components", {n_genes, n_components});
  for (const float value : arrays.floats("pca.variance", {n_components}))
    pca.variance.push_back(static_cast<double>(value));
  pca.offset = project_mean(pca.mean, pca.components, static_cast<std::size_t>(n_components));
  return pca;
}

Pca fit_pca(const EachBatch& each_batch, sparse::GeneIndex n_genes, const PcaOptions& options) {
  options.validate();
  GeneMoments moments(n_genes);
  each_batch([&](sparse::CsrView cells) {
    core::check_interrupt();
    moments.add(cells);
  });
  if (moments.n_cells() < 2) {
    throw core::InputError(fmt::format("pca: {} training cells, and at least 2 are needed", moments.n_cells()));
  }
  Pca pca;
  pca.n_genes = n_genes;
  pca.n_cells = moments.n_cells();
  pca.mean = to_floats(moments.mean());
  const auto degrees = static_cast<double>(pca.n_cells - 1);
  for (const double value : moments.variance())
    pca.total_variance += value * static_cast<double>(pca.n_cells) / degrees;

  const std::int64_t wanted = std::min({options.n_components, std::int64_t{n_genes}, pca.n_cells - 1});
  const std::int64_t width = std::min(wanted + options.oversampling, std::int64_t{n_genes});
  SubspaceSearch search(each_batch, pca.mean, width, options.seed);
  for (int i = 0; i < options.power_iterations; ++i) search.iterate();
  const Eigen eigen = symmetric_eigen(search.score_products(), width);
  for (std::int64_t i = 0; i < wanted && eigen.values[static_cast<std::size_t>(i)] > kNoVariance * eigen.values[0];
       ++i) {
    pca.variance.push_back(eigen.values[static_cast<std::size_t>(i)] / degrees);
  }
  if (pca.variance.empty()) throw core::InputError("pca: all training cells are the same; there is nothing to find");
  pca.n_components = std::ssize(pca.variance);
  pca.components = rotated(search.directions(), eigen.vectors, static_cast<std::size_t>(width), pca.variance.size());
  pca.offset = project_mean(pca.mean, pca.components, pca.variance.size());
  return pca;
}

Pca fit_pca(const store::Store& store, const PcaOptions& options, int threads) {
  const store::Split split = store::Split::kTrain;
  core::Progress progress("principal components", store.n_cells(split) * (options.power_iterations + 2));
  const EachBatch each_batch = [&](const std::function<void(sparse::CsrView)>& use) {
    store::Loader loader(store, split,
                         {.batch_size = kBatch, .shuffle = false, .threads = train::reader_threads(threads)});
    for (store::Batch batch; loader.next(batch);) {
      use(batch.x.view());
      progress.advance(batch.x.n_cells);
    }
  };
  Pca pca = fit_pca(each_batch, store.genes().size(), options);
  progress.finish();
  return pca;
}

}  // namespace sctab::baselines
