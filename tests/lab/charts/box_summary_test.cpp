#include "lab/charts/chart.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sctab::charts {
namespace {

TEST(BoxSummary, QuartilesAreThoseOfNumpy) {
  // numpy.percentile([3, 1, 2, 10, 4], [25, 50, 75]) = 2, 3, 4; the whiskers' reach is 3.
  const BoxSummary box = summarise({3, 1, kNoValue, 2, 10, 4});
  EXPECT_EQ(box.n, 5U);
  EXPECT_DOUBLE_EQ(box.lower_quartile, 2);
  EXPECT_DOUBLE_EQ(box.median, 3);
  EXPECT_DOUBLE_EQ(box.upper_quartile, 4);
  EXPECT_DOUBLE_EQ(box.lower_whisker, 1);
  EXPECT_DOUBLE_EQ(box.upper_whisker, 4);
  EXPECT_EQ(box.outliers, std::vector<double>{10});
  EXPECT_DOUBLE_EQ(box.least, 1);
  EXPECT_DOUBLE_EQ(box.greatest, 10);
  EXPECT_DOUBLE_EQ(box.mean, 4);
  EXPECT_DOUBLE_EQ(summarise({1, 2}).lower_quartile, 1.25);
}

TEST(BoxSummary, OneValueAndNone) {
  const BoxSummary one = summarise({5});
  EXPECT_DOUBLE_EQ(one.lower_whisker, 5);
  EXPECT_DOUBLE_EQ(one.upper_quartile, 5);
  EXPECT_TRUE(one.outliers.empty());
  const BoxSummary none = summarise({kNoValue});
  EXPECT_EQ(none.n, 0U);
  EXPECT_TRUE(std::isnan(none.median) && std::isnan(none.mean) && std::isnan(none.least));
}

}  // namespace
}  // namespace sctab::charts
