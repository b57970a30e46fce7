#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augment {

using core::CellIndex;
using core::TypeIndex;

/// The sampled cells of one type and donor.
struct DonorGroup {
  TypeIndex cell_type = 0;
  std::int32_t donor = 0;
};

/// Two groups of one type, by their positions: the vector is the mean of the one less the mean of the other.
struct DonorPair {
  std::int32_t group = 0, other = 0;
};

struct DonorPairs {
  std::vector<DonorGroup> groups;           // those in a pair, by type and donor
  std::vector<DonorPair> pairs;             // by type
  std::vector<std::int32_t> group_of_cell;  // of every cell, sampled or not; -1 = of none
  std::vector<TypeIndex> types_left_out;    // with sampled cells of a single donor
};

/// For each type all pairs of its donors, or `most_per_type` different ones drawn at random; which of the two is first
/// is drawn too. types, donors: codes of every cell; cells: the sample, whose donors are known (not -1).
DonorPairs choose_donor_pairs(std::span<const TypeIndex> types, std::span<const std::int32_t> donors,
                              std::span<const CellIndex> cells, std::int64_t most_per_type, const core::Rng& rng);

/// The paper's: differences within ±0.25 are noise, and none is larger than 1.5.
inline constexpr double kSmallestDifference = 0.25, kLargestDifference = 1.5;

struct DifferenceOptions {
  std::int64_t memory_bytes = 4'000'000'000;  // for the sums of groups; at least one type's are always held
  int threads = 0;                            // that read; 0: all
};

/// For each pair the difference of its groups' mean log-normalised cells: what lies within ±0.25 is zero and not
/// stored, the rest is clamped to ±1.5. Reads the training cells once, or once for as many types as `memory_bytes`
/// holds sums of (8 bytes a group and gene). (n_pairs × n_genes), in the order of the pairs.
sparse::CsrMatrix donor_differences(const store::Store& store, const DonorPairs& pairs,
                                    const DifferenceOptions& options = {});

}  // namespace sctab::augment
