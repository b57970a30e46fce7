#pragma once

#include <cstdint>
#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::linalg {

struct KMeansOptions {
  std::int64_t n_clusters = 50;
  std::int64_t max_iterations = 100;
  double tolerance = 1e-4;  // stops when the sum of squared distances falls by less than this share of itself
  std::uint64_t seed = 1;   // for the first centres
  void validate() const;    // throws InputError naming the field
};

struct KMeansResult {
  std::int64_t n_clusters = 0;  // fewer than asked for where there are fewer distinct rows
  std::vector<std::int32_t> cluster_of_row;
  std::vector<std::int64_t> members;      // rows in each cluster, at least 1
  std::vector<double> squared_distances;  // summed over all rows to their centres, after each iteration
};

/// Lloyd's algorithm with k-means++ starts. rows: (n × n_genes), n at least 1. The result depends on the arguments
/// only, not on the number of threads. A row equally far from two centres goes to the first; a cluster left without
/// rows takes the row farthest from its own centre. Memory: 8 bytes per cluster and gene, and 4 per row and cluster.
/// Throws InputError where an option is out of range.
KMeansResult k_means(sparse::CsrView rows, const KMeansOptions& options = {});

}  // namespace sctab::linalg
