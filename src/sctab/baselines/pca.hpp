#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sctab/nn/model_arrays.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::baselines {

struct PcaOptions {
  std::int64_t n_components = 256;  // the paper's; fewer where the cells or genes span fewer
  std::int64_t oversampling = 20;   // directions searched beside those asked for
  int power_iterations = 4;         // passes over the cells between the first, which finds the mean, and the last
  std::uint64_t seed = 1;           // of the directions that the search begins with
  void validate() const;            // throws InputError naming the field
};

/// Principal components of log-normalised expression.
struct Pca {
  std::int64_t n_genes = 0, n_components = 0;
  std::vector<float> mean;        // n_genes
  std::vector<float> components;  // n_genes × n_components: orthonormal columns, the most variance first, each with its
                                  // largest entry above 0
  std::vector<float> offset;     // n_components: mean · components
  std::vector<double> variance;  // n_components, of the scores over the cells (divided by n − 1)
  double total_variance = 0;     // of all genes
  std::int64_t n_cells = 0;      // that it was found on

  /// log_norm: (n × n_genes). scores: n × n_components, overwritten: the cells, centred, times the components.
  void project(sparse::CsrView log_norm, std::span<float> scores) const;

  /// Arrays pca.mean, pca.components and pca.variance of a model.
  void add_to(nn::ModelArrays& arrays) const;
  static Pca from(const nn::ModelArrays& arrays, std::int64_t n_genes, std::int64_t n_components);
};

/// Calls its argument with every cell once, batch by batch, in the same order each time.
using EachBatch = std::function<void(const std::function<void(sparse::CsrView)>&)>;

/// By randomised subspace iteration on the covariance (Halko, Martinsson and Tropp 2011), which needs products of the
/// sparse cells with n_genes × (n_components + oversampling) alone; centring is a correction of rank one. No cells ×
/// anything is held. Same seed, cells and batches: the same bits, for any number of threads.
Pca fit_pca(const EachBatch& each_batch, sparse::GeneIndex n_genes, const PcaOptions& options);
/// Of the store's training cells; shows progress. threads: that compute, for the number of readers.
Pca fit_pca(const store::Store& store, const PcaOptions& options, int threads);

}  // namespace sctab::baselines
