#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "sctab/augment/vectors.hpp"
#include "sctab/core/index.hpp"

namespace sctab::augment {

using core::CellIndex;

/// The defaults are the paper's.
struct VectorOptions {
  std::int64_t n_cells = 500'000;        // sampled evenly over types, to take means of
  std::int64_t pairs_per_type = 300;     // of donors, at most
  std::int64_t n_clusters = 50;          // fewer where there are fewer than 40 differences a cluster
  std::int64_t cluster_members = 2'000;  // that a cluster to be kept has more of: see least_members()
  std::int64_t n_vectors = 5'000;        // drawn from the clusters kept, at most
  std::uint64_t seed = 1;
  std::int64_t memory_bytes = 4'000'000'000;  // for sums: see DifferenceOptions
  int threads = 0;
  void validate() const;  // throws InputError naming the field
};

/// How the vectors came to be.
struct VectorFacts {
  CellIndex n_cells = 0, cells_without_donor = 0;  // sampled; of all training cells
  std::int64_t n_types = 0;                        // with differences
  std::vector<std::string> types_left_out;         // labels of those with one donor
  std::int64_t n_differences = 0;
  std::int64_t n_clusters = 0, clusters_kept = 0, least_members = 0, iterations = 0;
  std::int64_t differences_kept = 0;  // in those clusters
  std::int64_t n_vectors = 0;
  double share_not_zero = 0;  // of genes in a vector
};
nlohmann::json to_json(const VectorFacts& facts);

/// The members of the smallest cluster that is kept. The paper's "more than 2,000" is said of the 49,200 differences
/// that 300 pairs of 164 types are; of fewer differences it is the same share.
std::int64_t least_members(std::int64_t n_differences, std::int64_t cluster_members);

/// Positions of the differences in clusters of at least `least` members or, where no cluster has as many, of an average
/// cluster's; ascending. members: of each cluster. n_kept: becomes the number of clusters kept.
std::vector<CellIndex> in_large_clusters(std::span<const std::int32_t> cluster_of_row,
                                         std::span<const std::int64_t> members, std::int64_t least,
                                         std::int64_t& n_kept);

struct MadeVectors {
  Vectors vectors;
  VectorFacts facts;
};

/// The paper's six steps on the store's training cells: sample evenly over types; means per type and donor; differences
/// of donor pairs; small ones to zero and the rest clamped; k-means, whose small clusters (odd pairs) are left out; a
/// random sample of the rest. A function of store, options and seed alone. Throws InputError where no type has cells of
/// two donors.
MadeVectors make_vectors(const store::Store& store, const VectorOptions& options = {});

}  // namespace sctab::augment
