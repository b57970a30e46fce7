#include "sctab/augment/donor_pairs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::augment {
namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;

// Pairs of n donors, the lower position first.
std::vector<Pair> choose_pairs(std::int64_t n, std::int64_t most, core::Rng& rng) {
  std::vector<Pair> pairs;
  if (n * (n - 1) / 2 <= most) {
    for (std::int64_t first = 0; first < n; ++first) {
      for (std::int64_t second = first + 1; second < n; ++second) pairs.emplace_back(first, second);
    }
    return pairs;
  }
  std::set<Pair> chosen;
  while (std::ssize(chosen) < most) {
    const auto first = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
    const auto second = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
    if (first != second) chosen.insert(std::minmax(first, second));
  }
  return {chosen.begin(), chosen.end()};
}

using DonorsOfType = std::map<TypeIndex, std::map<std::int32_t, std::int32_t>>;  // to positions in groups

// Adds the pairs of a type and the groups that they need, whose positions it sets; all other donors stay at -1.
void add_type(TypeIndex type, std::map<std::int32_t, std::int32_t>& donors, std::int64_t most, core::Rng rng,
              DonorPairs& all) {
  std::vector<std::int32_t> codes;
  for (const auto& [donor, position] : donors) codes.push_back(donor);
  const std::vector<Pair> pairs = choose_pairs(std::ssize(codes), most, rng);
  std::set<std::int64_t> needed;
  for (const auto& [first, second] : pairs) {
    needed.insert(first);
    needed.insert(second);
  }
  for (const std::int64_t i : needed) {
    const std::int32_t donor = codes[static_cast<std::size_t>(i)];
    donors[donor] = core::narrow<std::int32_t>(std::ssize(all.groups));
    all.groups.push_back({type, donor});
  }
  for (const auto& [first, second] : pairs) {
    DonorPair pair{donors.at(codes[static_cast<std::size_t>(first)]),
                   donors.at(codes[static_cast<std::size_t>(second)])};
    if (rng.below(2) == 1) std::swap(pair.group, pair.other);
    all.pairs.push_back(pair);
  }
}

}  // namespace

DonorPairs choose_donor_pairs(std::span<const TypeIndex> types, std::span<const std::int32_t> donors,
                              std::span<const CellIndex> cells, std::int64_t most_per_type, const core::Rng& rng) {
  SCTAB_ASSERT(types.size() == donors.size());
  DonorsOfType donors_of_type;
  for (const CellIndex cell : cells) {
    const auto at = static_cast<std::size_t>(cell);
    SCTAB_ASSERT(types[at] >= 0 && donors[at] >= 0);
    donors_of_type[types[at]].emplace(donors[at], -1);
  }
  DonorPairs all;
  for (auto& [type, of_type] : donors_of_type) {
    if (of_type.size() < 2) all.types_left_out.push_back(type);
    add_type(type, of_type, most_per_type, rng.child("type", static_cast<std::uint64_t>(type)), all);
  }
  all.group_of_cell.assign(types.size(), -1);
  for (const CellIndex cell : cells) {
    const auto at = static_cast<std::size_t>(cell);
    all.group_of_cell[at] = donors_of_type.at(types[at]).at(donors[at]);
  }
  return all;
}

}  // namespace sctab::augment
