#include "sctab/augment/donor_differences.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace sctab::augment {
namespace {

struct Cells {
  std::vector<TypeIndex> types;
  std::vector<std::int32_t> donors;
  std::vector<CellIndex> all;
  void add(TypeIndex type, std::int32_t donor) {
    all.push_back(std::ssize(types));
    types.push_back(type);
    donors.push_back(donor);
  }
};

/// Type 0: 40 donors; type 1: 4 donors; type 2: one donor.
Cells many_cells() {
  Cells cells;
  for (std::int32_t i = 0; i < 400; ++i) cells.add(0, (i * 7) % 40);
  for (std::int32_t i = 0; i < 20; ++i) cells.add(1, 10 + i % 4);
  cells.add(2, 3);
  return cells;
}

TEST(DonorPairs, AreOfOneTypeDifferentAndAtMostAsManyAsAskedFor) {
  const Cells cells = many_cells();
  const DonorPairs made = choose_donor_pairs(cells.types, cells.donors, cells.all, 50, core::Rng(1));
  std::map<TypeIndex, std::set<std::pair<std::int32_t, std::int32_t>>> pairs;
  TypeIndex last = 0;
  for (const DonorPair& pair : made.pairs) {
    const DonorGroup& a = made.groups[static_cast<std::size_t>(pair.group)];
    const DonorGroup& b = made.groups[static_cast<std::size_t>(pair.other)];
    ASSERT_EQ(a.cell_type, b.cell_type);
    ASSERT_NE(a.donor, b.donor);
    EXPECT_LE(last, a.cell_type);
    last = a.cell_type;
    EXPECT_TRUE(pairs[a.cell_type].insert(std::minmax(a.donor, b.donor)).second) << "a pair came twice";
  }
  EXPECT_EQ(pairs[0].size(), 50U);
  EXPECT_EQ(pairs[1].size(), 6U);  // all that four donors make
  EXPECT_EQ(pairs.count(2), 0U);
  EXPECT_EQ(made.types_left_out, std::vector<TypeIndex>{2});
}

TEST(DonorPairs, EveryCellKnowsItsGroupAndNoGroupIsWithoutPairs) {
  const Cells cells = many_cells();
  std::vector<CellIndex> sample;
  for (const CellIndex cell : cells.all) {
    if (cell % 5 != 0) sample.push_back(cell);
  }
  const DonorPairs made = choose_donor_pairs(cells.types, cells.donors, sample, 10, core::Rng(1));
  std::set<std::int32_t> used;
  for (const DonorPair& pair : made.pairs) used.insert({pair.group, pair.other});
  EXPECT_EQ(used.size(), made.groups.size());
  std::set<std::int32_t> met;
  for (std::size_t cell = 0; cell < cells.types.size(); ++cell) {
    const std::int32_t group = made.group_of_cell[cell];
    if (cell % 5 == 0) {
      EXPECT_EQ(group, -1) << "not in the sample";
    } else if (group >= 0) {
      met.insert(group);
      EXPECT_EQ(made.groups[static_cast<std::size_t>(group)].cell_type, cells.types[cell]);
      EXPECT_EQ(made.groups[static_cast<std::size_t>(group)].donor, cells.donors[cell]);
    }
  }
  EXPECT_EQ(met, used);
}

TEST(DonorPairs, BothDirectionsComeAndTheSeedDecides) {
  const Cells cells = many_cells();
  const auto make = [&](std::uint64_t seed) {
    const DonorPairs made = choose_donor_pairs(cells.types, cells.donors, cells.all, 100, core::Rng(seed));
    std::vector<std::pair<std::int32_t, std::int32_t>> pairs;
    for (const DonorPair& pair : made.pairs) pairs.emplace_back(pair.group, pair.other);
    return pairs;
  };
  const auto pairs = make(1);
  const auto rising = std::ranges::count_if(pairs, [](const auto& pair) { return pair.first < pair.second; });
  EXPECT_TRUE(rising >= 25 && rising <= 81) << rising << " of " << pairs.size();  // 5 standard deviations
  EXPECT_EQ(make(1), pairs);
  EXPECT_NE(make(2), pairs);
}

}  // namespace
}  // namespace sctab::augment
