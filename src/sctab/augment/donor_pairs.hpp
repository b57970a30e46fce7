#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"

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

}  // namespace sctab::augment
