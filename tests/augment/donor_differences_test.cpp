#include "sctab/augment/donor_differences.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "augment/donor_store.hpp"
#include "support/fixtures.hpp"

namespace sctab::augment {
namespace {

using store::Field;

/// The mean of a type and donor's sampled cells.
std::vector<double> mean_of(const std::vector<std::vector<double>>& cells, const DonorPairs& pairs,
                            std::int32_t group) {
  std::vector<double> mean(cells.front().size(), 0.0);
  double n = 0;
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (pairs.group_of_cell[cell] != group) continue;
    ++n;
    for (std::size_t gene = 0; gene < mean.size(); ++gene) mean[gene] += cells[cell][gene];
  }
  for (double& value : mean) value /= n;
  return mean;
}

class DonorDifferences : public testing::Test {
 protected:
  DonorDifferences() {
    types_ = store_.codes(store::Split::kTrain, Field::kCellType);
    donors_ = store_.codes(store::Split::kTrain, Field::kDonor);
    for (CellIndex cell = 0; cell < std::ssize(types_); ++cell) {
      if (cell % 4 != 1) sample_.push_back(cell);
    }
    pairs_ = choose_donor_pairs(types_, donors_, sample_, 9, core::Rng(3));
  }

  sctab::tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_donor_store(folder_ / "store");
  std::vector<TypeIndex> types_;
  std::vector<std::int32_t> donors_;
  std::vector<CellIndex> sample_;
  DonorPairs pairs_;
};

TEST_F(DonorDifferences, EqualTheSlowReference) {
  const sparse::CsrMatrix got = donor_differences(store_, pairs_);
  const auto cells = tests::dense_cells(store_);
  ASSERT_EQ(got.n_cells, 27);
  std::int64_t clamped = 0, dropped = 0;
  for (CellIndex i = 0; i < got.n_cells; ++i) {
    const DonorPair pair = pairs_.pairs[static_cast<std::size_t>(i)];
    const std::vector<double> mean = mean_of(cells, pairs_, pair.group), other = mean_of(cells, pairs_, pair.other);
    std::vector<double> row(mean.size(), 0.0);
    for (std::size_t at = 0; at < got.row(i).indices.size(); ++at) {
      row[static_cast<std::size_t>(got.row(i).indices[at])] = static_cast<double>(got.row(i).data[at]);
    }
    for (std::size_t gene = 0; gene < row.size(); ++gene) {
      const double difference = mean[gene] - other[gene];
      const double want = std::abs(difference) <= 0.25 ? 0.0 : std::clamp(difference, -1.5, 1.5);
      // Rounding to float; sums of the same numbers in another order may differ in the last bits of a double.
      EXPECT_TRUE(std::abs(row[gene] - want) <= 1e-6) << i << " " << gene << ": " << row[gene] << " not " << want;
      clamped += std::abs(want) == 1.5 ? 1 : 0;
      dropped += want == 0 && difference != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(clamped, 10);
  EXPECT_GT(dropped, 10);
}

TEST_F(DonorDifferences, AreTheSameInHoweverManyReadings) {
  const sparse::CsrMatrix want = donor_differences(store_, pairs_);
  for (const std::int64_t groups : {0, 1, 6, 7, 12, 13}) {  // each type has 6
    const sparse::CsrMatrix got = donor_differences(store_, pairs_, {.memory_bytes = groups * 8 * 90, .threads = 2});
    EXPECT_EQ(got.indptr, want.indptr) << groups;
    EXPECT_EQ(got.indices, want.indices) << groups;
    EXPECT_EQ(got.data, want.data) << groups;
  }
}

}  // namespace
}  // namespace sctab::augment
