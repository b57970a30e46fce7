#pragma once

#include <cstdint>
#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

struct KMeansOptions {
  std::int64_t n_clusters = 50;
  std::int64_t max_iterations = 100;
  double tolerance = 1e-4;  // ends where the sum of squared distances falls by less than this share of it
  std::uint64_t seed = 1;   // of the first centres
  void validate() const;    // throws InputError naming the field
};

struct KMeansResult {
  std::int64_t n_clusters = 0;  // fewer than asked for where there are fewer distinct rows
  std::vector<std::int32_t> cluster_of_row;
  std::vector<std::int64_t> members;      // of each cluster, at least 1
  std::vector<double> squared_distances;  // of all rows to their centres, after each iteration
};

/// Lloyd's algorithm from centres drawn as k-means++ does. rows: (n × n_genes), n at least 1. A function of its
/// arguments alone, whatever the number of threads. A row as far from two centres goes to the first; a cluster left
/// without rows takes the row farthest from its own centre. Memory: 8 bytes a cluster and gene, and 4 a row and
/// cluster.
KMeansResult k_means(sparse::CsrView rows, const KMeansOptions& options = {});

}  // namespace sctab::augment
