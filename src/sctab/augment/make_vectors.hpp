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
  std::int64_t n_cells = 500'000;        // sampled evenly over types, for the means
  std::int64_t pairs_per_type = 300;     // pairs of donors, at most
  std::int64_t n_clusters = 50;          // fewer if there are fewer than 40 differences per cluster
  std::int64_t cluster_members = 2'000;  // a cluster is kept if it has more: see least_members()
  std::int64_t n_vectors = 5'000;        // drawn from the clusters kept, at most
  std::uint64_t seed = 1;
  std::int64_t memory_bytes = 4'000'000'000;  // for sums: see DifferenceOptions
  int threads = 0;
  void validate() const;  // throws InputError naming the field
};

/// How the vectors came to be.
struct VectorFacts {
  CellIndex n_cells = 0, cells_without_donor = 0;  // sampled cells; training cells without a known donor
  std::int64_t n_types = 0;                        // types with differences
  std::vector<std::string> types_left_out;         // labels of types with one donor
  std::int64_t n_differences = 0;
  std::int64_t n_clusters = 0, clusters_kept = 0, least_members = 0, iterations = 0;
  std::int64_t differences_kept = 0;  // in those clusters
  std::int64_t n_vectors = 0;
  double share_not_zero = 0;  // mean share of a vector's genes
};
nlohmann::json to_json(const VectorFacts& facts);
/// What write_vectors() keeps of them: the facts, the version of sctab, the store with its hash, seed and options.
nlohmann::json provenance(const store::Store& store, const VectorOptions& options, const VectorFacts& facts);

/// The size of the smallest cluster that is kept. The paper's "more than 2,000" is out of 49,200 differences (300 pairs
/// for each of 164 types); with fewer differences it is the same share of them.
std::int64_t least_members(std::int64_t n_differences, std::int64_t cluster_members);

/// Positions, ascending, of the differences in clusters of at least `least` members or, if no cluster is as large, of
/// at least the average. members: the size of each cluster. n_kept: becomes the number of clusters kept.
std::vector<CellIndex> in_large_clusters(std::span<const std::int32_t> cluster_of_row,
                                         std::span<const std::int64_t> members, std::int64_t least,
                                         std::int64_t& n_kept);

struct MadeVectors {
  Vectors vectors;
  VectorFacts facts;
};

/// The paper's six steps on the store's training cells: sample evenly over types; take means per type and donor; take
/// differences of donor pairs; set small ones to zero and clamp the rest; cluster by k-means and drop small clusters
/// (odd pairs); sample the rest at random. Depends on store, options and seed only. Throws InputError if no type has
/// cells from two donors.
MadeVectors make_vectors(const store::Store& store, const VectorOptions& options = {});

}  // namespace sctab::augment
