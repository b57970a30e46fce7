#include "lab/charts/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace sctab::charts {
namespace {

std::vector<std::string> labels(const Scale& scale) {
  std::vector<std::string> labels;
  for (const Tick& tick : scale.ticks()) labels.push_back(tick.label);
  return labels;
}

using Labels = std::vector<std::string>;

Axis logarithmic() {
  Axis axis;
  axis.logarithmic = true;
  return axis;
}

TEST(Scale, EndsAtRoundNumbersAroundTheValues) {
  const Scale scale = scale_for({}, {0.63, 0.91, kNoValue});
  EXPECT_DOUBLE_EQ(scale.from(), 0.6);
  EXPECT_DOUBLE_EQ(scale.to(), 1);
  EXPECT_EQ(labels(scale), (Labels{"0.6", "0.7", "0.8", "0.9", "1.0"}));
  EXPECT_NEAR(scale.place(0.6), 0, 1e-12);
  EXPECT_NEAR(scale.place(1), 1, 1e-12);
}

TEST(Scale, BarsBeginAtZero) {
  EXPECT_EQ(labels(scale_for({}, {0.63, 0.91}, true)), (Labels{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  const Scale negative = scale_for({}, {-3, -1}, true);
  EXPECT_DOUBLE_EQ(negative.to(), 0);
  EXPECT_TRUE(negative.from() <= -3);
}

TEST(Scale, KeepsTheEndsThatAreGiven) {
  Axis axis;
  axis.from = 0.5;
  const Scale scale = scale_for(axis, {0.2, 0.9}, true);
  EXPECT_DOUBLE_EQ(scale.from(), 0.5);
  EXPECT_FALSE(scale.shows(0.2));
  EXPECT_TRUE(scale.has_place(0.2));
  axis.from = 5;  // beyond all values
  EXPECT_TRUE(scale_for(axis, {0.2, 0.9}).to() > 5);
  axis.from = kNoValue;
  axis.to = -5;
  EXPECT_TRUE(scale_for(axis, {0.2, 0.9}).from() < -5);
}

TEST(Scale, EqualAndMissingValuesStillHaveAnAxis) {
  for (const double value : {0.0, 7.0, -2.5}) {
    const Scale scale = scale_for({}, {value, value});
    EXPECT_TRUE(scale.from() < value && value < scale.to()) << value;
    EXPECT_GE(scale.ticks().size(), 3U) << value;
  }
  EXPECT_DOUBLE_EQ(scale_for({}, {}).to(), 1);
  EXPECT_DOUBLE_EQ(scale_for({}, {kNoValue}).from(), 0);
  EXPECT_TRUE(scale_for(logarithmic(), {-1, 0, kNoValue}).from() > 0);
}

TEST(Scale, ALogarithmicScaleHasPowersOfTenOrFinerMarks) {
  EXPECT_EQ(labels(scale_for(logarithmic(), {5'000, 4'000'000})), (Labels{"10,000", "100,000", "1M"}));
  EXPECT_EQ(labels(scale_for(logarithmic(), {16, 256})), (Labels{"20", "50", "100", "200"}));
  EXPECT_EQ(labels(scale_for(logarithmic(), {0.02, 3})), (Labels{"0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"}));
  EXPECT_GE(scale_for(logarithmic(), {100, 130}).ticks().size(), 3U);
  EXPECT_LE(scale_for(logarithmic(), {1e-20, 1e20}).ticks().size(), 10U);
}

TEST(Scale, ALogarithmicScaleHasNoPlaceForZeroAndBelow) {
  const Scale scale = scale_for(logarithmic(), {1, 100});
  for (const double value : {0.0, -1.0, kNoValue}) EXPECT_FALSE(scale.has_place(value)) << value;
  EXPECT_NEAR(scale.place(10), 0.5, 1e-12);
  EXPECT_THROW(Scale(0, 1, true), std::logic_error);
  EXPECT_THROW(Scale(1, 1, false), std::logic_error);
}

TEST(Scale, ValuesThatDifferOnlyByRoundingAreOneValue) {
  const double mean = (0.1 + 0.1 + 0.1) / 3;
  ASSERT_NE(mean, 0.1);
  for (const double shift : {0.0, 1e6, -1e6}) {
    const Scale scale = scale_for({}, {0.1 + shift, mean + shift, std::nextafter(0.1 + shift, 1e9)});
    const std::size_t n = scale.ticks().size();
    EXPECT_TRUE(n >= 3 && n <= 10) << n;
    EXPECT_GT(scale.to() - scale.from(), 0.01);
  }
  EXPECT_LE(Scale(1, 1 + 4e-16, false).ticks().size(), 50U);
}

TEST(Scale, ThereAreThreeToTenTicksForAnyRange) {
  for (double range = 1e-7; range < 1e12; range *= 1.7) {
    for (const double from : {0.0, 0.3 * range, -0.7 * range}) {
      const std::size_t n = scale_for({}, {from, from + range}).ticks().size();
      EXPECT_TRUE(n >= 3 && n <= 10) << from << " " << range << ": " << n;
    }
  }
}

// There is no such thing as 1.2 members.
TEST(Scale, ForCountsHasMarksAtWholeNumbers) {
  for (const double most : {2.0, 3.0, 5.0, 40.0}) {
    for (const Tick& tick : scale_for({.title = "", .whole = true}, {1, most}).ticks()) {
      EXPECT_EQ(tick.value, std::round(tick.value)) << most;
      EXPECT_EQ(tick.label.find('.'), std::string::npos) << tick.label;
    }
  }
  EXPECT_EQ(labels(scale_for({.title = "", .whole = true}, {1, 5})), (Labels{"1", "2", "3", "4", "5"}));
}

TEST(Scale, EndsAtTheLargestPossibleValue) {
  EXPECT_EQ(scale_for({.title = "", .at_most = 1}, {0.4, 0.97, 1}, true).to(), 1);
  EXPECT_EQ(scale_for({.title = "", .at_most = 1}, {1, 1}).to(), 1);
  EXPECT_LT(scale_for({.title = "", .at_most = 1}, {0.1, 0.2}).to(), 0.5) << "and no earlier than it would";
  EXPECT_EQ(scale_for({.title = "", .to = 2, .at_most = 1}, {0.1, 0.2}).to(), 2) << "an end that is given";
  EXPECT_GE(scale_for({.title = "", .at_most = 1}, {3, 4}).to(), 4) << "values that are there all the same";
  std::vector<double> values;
  collect({.mean = 0.95, .deviation = 0.1}, {.title = "", .at_most = 1}, values);
  EXPECT_EQ(*std::ranges::max_element(values), 1);
  collect({.mean = 0.95, .deviation = 0.1}, {}, values);
  EXPECT_GT(*std::ranges::max_element(values), 1);
}

}  // namespace
}  // namespace sctab::charts
