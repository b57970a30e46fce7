#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::linalg {

struct PcaOptions {
  std::int64_t n_components = 256;  // the paper's; fewer where cells or genes span fewer
  std::int64_t oversampling = 20;   // directions searched on top of n_components, which sharpen the last of those
  int power_iterations = 4;         // passes over the cells between the first, which finds the mean, and the last
  std::uint64_t seed = 1;           // for the directions the search starts from
  void validate() const;            // throws InputError naming the field
};

/// Principal components of log-normalised expression.
struct Pca {
  std::int64_t n_genes = 0, n_components = 0;
  std::vector<float> mean;        // n_genes
  std::vector<float> components;  // n_genes × n_components: orthonormal columns, the most variance first; the largest
                                  // entry of each is positive
  std::vector<float> offset;      // n_components: mean · components
  std::vector<double> variance;   // n_components, of the cells' scores (divided by n − 1)
  double total_variance = 0;      // summed over all genes
  std::int64_t n_cells = 0;       // cells it was fitted on

  /// Computes `offset` from `mean` and `components`, after these were read from a file.
  void set_offset();

  /// log_norm: (n × n_genes). scores: n × n_components, overwritten with (cells − mean) · components. The same bits for
  /// any number of threads and any batches.
  void project(sparse::CsrView log_norm, std::span<float> scores) const;
  /// The same, as a new array.
  [[nodiscard]] std::vector<float> project(sparse::CsrView log_norm) const;
};

/// Calls its argument with every cell once, batch by batch, in the same order each time.
using EachBatch = std::function<void(const std::function<void(sparse::CsrView)>&)>;

/// Fits by randomised subspace iteration on the covariance (Halko, Martinsson and Tropp 2011). It needs only products
/// of the sparse cells with n_genes × (n_components + oversampling) matrices; centring is a correction of rank one.
/// Nothing of size cells × anything is held. Same seed, cells and batches: the same bits, for any number of threads.
/// n_components is 0 where all cells are the same. Throws InputError where there are fewer than 2 cells.
Pca fit_pca(const EachBatch& each_batch, sparse::GeneIndex n_genes, const PcaOptions& options);
/// Fits on cells in memory: (n × n_genes), as one batch.
Pca fit_pca(sparse::CsrView log_norm, const PcaOptions& options);
/// Fits on the store's training cells and shows progress. threads: computing threads (0: all), which sets the number of
/// readers. Throws InputError naming the store where its training cells are fewer than 2 or all the same.
Pca fit_pca(const store::Store& store, const PcaOptions& options, int threads);

}  // namespace sctab::linalg
