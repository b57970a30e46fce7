#include "lab/charts/svg.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

namespace sctab::charts {
namespace {

// Relative luminance and contrast as the Web Content Accessibility Guidelines define them.
double luminance(std::string_view colour) {
  const double weights[] = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = std::stoi(std::string(colour.substr(1 + 2 * i, 2)), nullptr, 16) / 255.0;
    sum += weights[i] * (value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double contrast(std::string_view a, std::string_view b) {
  const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
  return std::max(x, y) / std::min(x, y);
}

TEST(Palette, SeriesAreSeenOnLightAndOnDark) {
  std::set<std::string_view> distinct;
  for (std::size_t n = 0; n < 12; ++n) {
    distinct.insert(series_colour(n));
    EXPECT_TRUE(contrast(series_colour(n), "#ffffff") >= 3) << n;
    EXPECT_TRUE(contrast(series_colour(n), "#14171a") >= 3) << n;
    EXPECT_TRUE(contrast(series_colour(n), text_colour_on(series_colour(n))) >= 4.5) << n;
  }
  EXPECT_EQ(distinct.size(), 12U);
  EXPECT_EQ(series_colour(12), series_colour(0));
}

TEST(Palette, ShadesDarkenEvenlyAndCanBeWrittenOn) {
  double before = 2;
  for (int i = 0; i <= 20; ++i) {
    const std::string colour = shade(i / 20.0);
    EXPECT_TRUE(luminance(colour) < before) << i;
    before = luminance(colour);
    EXPECT_TRUE(contrast(colour, text_colour_on(colour)) >= 4.5) << i;
  }
  EXPECT_EQ(shade(-1), shade(0));
  EXPECT_EQ(shade(7), shade(1));
}

}  // namespace
}  // namespace sctab::charts
