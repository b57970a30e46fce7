#include "sctab/corpus/split.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "support/fixtures.hpp"

namespace sctab::corpus {
namespace {

using store::Split;

std::array<std::size_t, 3> count(const std::vector<Split>& splits) {
  std::array<std::size_t, 3> counts{};
  for (const Split split : splits) ++counts[static_cast<std::size_t>(split)];
  return counts;
}

// Donors of random datasets, each with random types; type 0 is everybody's.
std::vector<DonorSummary> random_donors(std::size_t n, std::int32_t n_datasets, std::int32_t n_types, core::Rng rng) {
  std::vector<DonorSummary> donors(n);
  for (auto& donor : donors) {
    donor.dataset = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(n_datasets)));
    std::set<std::int32_t> types = {0};
    for (int i = 0; i < 3; ++i) types.insert(static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(n_types))));
    donor.types.assign(types.begin(), types.end());
  }
  return donors;
}

TEST(Split, FractionsAreOfDonorsToTheNearestOne) {
  for (const std::size_t n : {3U, 7U, 20U, 100U, 1001U}) {
    const auto donors = random_donors(n, 5, 1, core::Rng(n));
    const auto counts = count(split_donors(donors, {}, SplitOptions()));
    const double share = 0.15 * static_cast<double>(n);
    for (const std::size_t i : {1U, 2U}) {
      EXPECT_LE(std::abs(static_cast<double>(counts[i]) - std::max(1.0, share)), 1.0) << n;
      EXPECT_GE(counts[i], 1U);
    }
    EXPECT_GE(counts[0], 1U);
  }
}

TEST(Split, IsAFunctionOfTheSeed) {
  const auto donors = random_donors(200, 7, 10, core::Rng(3));
  SplitOptions options;
  const auto first = split_donors(donors, {}, options);
  EXPECT_EQ(first, split_donors(donors, {}, options));
  options.seed = 2;
  EXPECT_NE(first, split_donors(donors, {}, options));
}

TEST(Split, EveryDonorIsAsLikelyAsAnyOther) {
  // Datasets of 1, 3 and 16 donors: being alone in a dataset must not change the chance.
  std::vector<DonorSummary> donors(20);
  for (std::size_t i = 0; i < donors.size(); ++i) donors[i] = {i == 0 ? 0 : i < 4 ? 1 : 2, {0}};
  constexpr int n_seeds = 4000;
  std::vector<std::array<int, 3>> seen(donors.size());
  for (int seed = 0; seed < n_seeds; ++seed) {
    SplitOptions options;
    options.seed = static_cast<std::uint64_t>(seed);
    const auto splits = split_donors(donors, {}, options);
    for (std::size_t i = 0; i < donors.size(); ++i) ++seen[i][static_cast<std::size_t>(splits[i])];
  }
  // 3 of 20 each; five standard deviations of a binomial count.
  const double expected = 0.15 * n_seeds, tolerance = 5 * std::sqrt(0.15 * 0.85 * n_seeds);
  for (const auto& donor : seen) {
    EXPECT_LE(std::abs(donor[1] - expected), tolerance);
    EXPECT_LE(std::abs(donor[2] - expected), tolerance);
  }
}

TEST(Split, ADatasetOfManyDonorsIsInValidationAndInTest) {
  std::vector<DonorSummary> donors;
  for (std::int32_t dataset = 0; dataset < 4; ++dataset) {
    for (int i = 0; i < 14; ++i) donors.push_back({dataset, {0}});
  }
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SplitOptions options;
    options.seed = seed;
    const auto splits = split_donors(donors, {}, options);
    for (std::size_t dataset = 0; dataset < 4; ++dataset) {
      const auto begin = splits.begin() + static_cast<std::ptrdiff_t>(14 * dataset);
      EXPECT_GE(count({begin, begin + 14})[1], 1U);
      EXPECT_GE(count({begin, begin + 14})[2], 1U);
    }
  }
}

TEST(Split, NoTypeLosesItsLastTrainingDonor) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto donors = random_donors(12, 4, 12, core::Rng(seed));
    SplitOptions options;
    options.seed = seed;
    std::vector<Split> splits;
    try {
      splits = split_donors(donors, {}, options);
    } catch (const core::InputError&) {
      continue;  // no two donors can go; seen by the test below
    }
    std::set<std::int32_t> all, in_train;
    for (std::size_t i = 0; i < donors.size(); ++i) {
      all.insert(donors[i].types.begin(), donors[i].types.end());
      if (splits[i] == Split::kTrain) in_train.insert(donors[i].types.begin(), donors[i].types.end());
    }
    EXPECT_EQ(all, in_train) << seed;
  }
}

TEST(Split, CellsWithoutADonorKeepATypeInTrain) {
  // Donor 3 alone carries type 1, but cells without a donor, which always train, carry it too.
  const std::vector<DonorSummary> donors = {{0, {0}}, {0, {0}}, {0, {0}}, {0, {0, 1}}};
  const std::vector<std::int32_t> without_donor = {1};
  std::set<Split> of_carrier, of_carrier_alone;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SplitOptions options;
    options.seed = seed;
    of_carrier.insert(split_donors(donors, without_donor, options)[3]);
    of_carrier_alone.insert(split_donors(donors, {}, options)[3]);
  }
  EXPECT_EQ(of_carrier.size(), 3U);
  EXPECT_EQ(of_carrier_alone, std::set<Split>{Split::kTrain});
}

TEST(Split, TypesMayLeaveTrainWhereThatIsAsked) {
  const std::vector<DonorSummary> donors = {{0, {0}}, {0, {1}}, {0, {2}}};
  SplitOptions options;
  SCTAB_EXPECT_THROW_WITH(split_donors(donors, {}, options), core::InputError, "0 of 3 donors");
  options.keep_types_in_train = false;
  EXPECT_EQ(count(split_donors(donors, {}, options)), (std::array<std::size_t, 3>{1, 1, 1}));
}

TEST(Split, TooFewDonorsAreRefused) {
  const std::vector<DonorSummary> donors = {{0, {0}}, {0, {0}}};
  SCTAB_EXPECT_THROW_WITH(split_donors(std::span(donors).first(0), {}, {}), core::InputError, "no cell has a donor");
  SCTAB_EXPECT_THROW_WITH(split_donors(std::span(donors).first(1), {}, {}), core::InputError,
                          "all cells have one donor", "--donor-key");
  SCTAB_EXPECT_THROW_WITH(split_donors(donors, {}, {}), core::InputError, "2 donors", "expected 3 or more");
  SplitOptions options;
  options.test_fraction = 0;
  EXPECT_EQ(count(split_donors(donors, {}, options)), (std::array<std::size_t, 3>{1, 1, 0}));
  options.val_fraction = 0;
  EXPECT_EQ(count(split_donors(std::span(donors).first(1), {}, options)), (std::array<std::size_t, 3>{1, 0, 0}));
}

TEST(Split, FractionsOutsideTheirRangeAreNamed) {
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    SplitOptions options;
    options.val_fraction = bad;
    SCTAB_EXPECT_THROW_WITH(options.validate(), core::InputError, "val_fraction");
  }
  SplitOptions options;
  options.val_fraction = options.test_fraction = 0.5;
  SCTAB_EXPECT_THROW_WITH(options.validate(), core::InputError, "below 1");
}

TEST(Split, OfATableGivesEveryDonorOneSplit) {
  CellTable cells;
  core::Rng rng(5);
  for (int i = 0; i < 2000; ++i) {
    const auto donor = static_cast<std::int32_t>(rng.below(31));  // 30: none
    cells.dictionary(Field::kDonor).code(std::to_string(donor));
    cells.column(Field::kDonor).push_back(donor == 30 ? -1 : donor);
    cells.column(Field::kDataset).push_back(donor % 3);
    cells.column(Field::kCellType).push_back(cells.dictionary(Field::kCellType).code("t" + std::to_string(i % 2)));
    cells.kept.push_back(donor == 7 ? 0 : 1);
  }
  const auto splits = split_donors(cells, SplitOptions());
  ASSERT_EQ(splits.size(), static_cast<std::size_t>(cells.dictionary(Field::kDonor).size()));
  EXPECT_EQ(splits[7], Split::kTrain);  // lost all its cells
  EXPECT_EQ(count(splits)[1], 4U);      // 0.15 of 29, to the nearest
  EXPECT_EQ(count(splits)[2], 4U);
}

}  // namespace
}  // namespace sctab::corpus
