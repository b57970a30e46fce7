#include "sctab/evaluate/uncertainty.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "evaluate/uncertainty_reference.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::evaluate {
namespace {

using Probabilities = std::vector<double>;
using Flags = std::vector<std::uint8_t>;

TEST(Calibration, SumsUpEachBin) {
  const Calibration found = calibrate(Probabilities{0.9, 0.8, 0.7, 0.3}, Flags{1, 1, 0, 1}, 2);
  ASSERT_EQ(found.bins.size(), 2U);
  EXPECT_EQ(found.bins[0].lower, 0);
  EXPECT_EQ(found.bins[0].upper, 0.5);
  EXPECT_EQ(found.bins[0].n_cells, 1);
  EXPECT_EQ(found.bins[0].share_right, 1);
  EXPECT_EQ(found.bins[1].n_cells, 3);
  EXPECT_DOUBLE_EQ(found.bins[1].mean_probability, 0.8);
  EXPECT_DOUBLE_EQ(found.bins[1].share_right, 2.0 / 3);
  EXPECT_DOUBLE_EQ(found.expected_calibration_error, (0.7 + 3 * (0.8 - 2.0 / 3)) / 4);
}

TEST(Calibration, IsZeroWhereProbabilitiesComeTrue) {
  EXPECT_EQ(calibrate(Probabilities{1, 1, 0.5, 0.5}, Flags{1, 1, 1, 0}).expected_calibration_error, 0);
  EXPECT_EQ(calibrate(Probabilities{1, 0}, Flags{0, 1}).expected_calibration_error, 1);
}

TEST(Calibration, AnEndBelongsToTheBinBelow) {
  for (const std::size_t n_bins : {1U, 3U, 7U, 10U, 15U, 49U}) {
    Probabilities ends = {0};
    for (std::size_t k = 1; k <= n_bins; ++k) ends.push_back(static_cast<double>(k) / static_cast<double>(n_bins));
    const Calibration at = calibrate(ends, Flags(ends.size(), 1), n_bins);
    for (std::size_t k = 0; k < n_bins; ++k) EXPECT_EQ(at.bins[k].n_cells, k == 0 ? 2 : 1) << n_bins << " " << k;
    Probabilities above;
    for (std::size_t k = 0; k < n_bins; ++k) above.push_back(std::nextafter(ends[k], 2.0));
    const Calibration next = calibrate(above, Flags(above.size(), 1), n_bins);
    for (std::size_t k = 0; k < n_bins; ++k) EXPECT_EQ(next.bins[k].n_cells, 1) << n_bins << " " << k;
  }
}

TEST(Calibration, WhatRoundingLeavesAboveOneIsOne) {
  const Calibration found = calibrate(Probabilities{1.0000001}, Flags{1});
  EXPECT_EQ(found.bins.back().n_cells, 1);
  EXPECT_EQ(found.expected_calibration_error, 0);
}

TEST(Calibration, NaNIsInNoBinAndShows) {
  const Calibration found = calibrate(Probabilities{0.5, std::nan("")}, Flags{1, 1}, 2);
  EXPECT_EQ(found.bins[0].n_cells + found.bins[1].n_cells, 1);
  EXPECT_TRUE(std::isnan(found.expected_calibration_error));
  EXPECT_TRUE(std::isnan(found.bins[1].share_right)) << "an empty bin";
  EXPECT_TRUE(std::isnan(calibrate(Probabilities{}, Flags{}).expected_calibration_error));
}

TEST(Calibration, RefusesWhatIsNoProbability) {
  EXPECT_THROW((void)calibrate(Probabilities{-0.1}, Flags{1}), std::logic_error);
  EXPECT_THROW((void)calibrate(Probabilities{0.1}, Flags{}), std::logic_error);
}

TEST(Calibration, EqualsTheDefinition) {
  core::Rng rng(2);
  for (const int n_bins : {1, 2, 10, 15}) {
    for (const std::size_t n : {1U, 2U, 1000U}) {
      Probabilities probabilities;
      Flags right;
      for (std::size_t i = 0; i < n; ++i) {
        // Half of them on the ends of bins.
        probabilities.push_back(rng.below(2) == 0 ? rng.uniform() : static_cast<double>(rng.below(31)) / 30);
        right.push_back(rng.uniform() < probabilities.back() ? 1 : 0);
      }
      const double want = tests::calibration_error_reference(probabilities, right, n_bins);
      const double got = calibrate(probabilities, right, static_cast<std::size_t>(n_bins)).expected_calibration_error;
      EXPECT_TRUE(std::abs(got - want) <= 1e-12) << got << " " << want;  // sums of 1,000 numbers below 1, in double
    }
  }
}

}  // namespace
}  // namespace sctab::evaluate
