#include "lab/charts/squarify.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sctab/core/rng.hpp"

namespace sctab::charts {
namespace {

double area_of(const Rect& rect) {
  return rect.width * rect.height;
}

double overlap(const Rect& a, const Rect& b) {
  const double width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const double height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return std::max(0.0, width) * std::max(0.0, height);
}

TEST(Squarify, ThePapersExample) {
  // Bruls et al. 2000, figure 4: 6, 6, 4, 3, 2, 2, 1 in 6 by 4. The first two form a column of width 3.
  const std::vector<double> sizes = {6, 6, 4, 3, 2, 2, 1};
  const std::vector<Rect> placed = squarify(sizes, {0, 0, 6, 4});
  EXPECT_NEAR(placed[0].width, 3, 1e-12);
  EXPECT_NEAR(placed[0].height, 2, 1e-12);
  EXPECT_NEAR(placed[1].y, 2, 1e-12);
  EXPECT_NEAR(placed[2].x, 3, 1e-12);
  EXPECT_NEAR(placed[2].height, 7.0 / 3, 1e-12);  // 4 and 3 in a row of 7 / 3
}

TEST(Squarify, FillsTheAreaInProportionWithoutOverlap) {
  core::Rng rng(3);
  for (const std::size_t n : {1U, 2U, 7U, 60U}) {
    std::vector<double> sizes;
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) total += sizes.emplace_back(std::exp(4 * rng.normal()));
    const Rect room{10, 20, 300, 170};
    const std::vector<Rect> placed = squarify(sizes, room);
    for (std::size_t i = 0; i < n; ++i) {
      // Sums of n doubles: the error grows with the room, not with the smallest part.
      EXPECT_NEAR(area_of(placed[i]), area_of(room) * sizes[i] / total, 1e-9 * area_of(room));
      EXPECT_TRUE(placed[i].x >= room.x - 1e-9 && placed[i].right() <= room.right() + 1e-9);
      EXPECT_TRUE(placed[i].y >= room.y - 1e-9 && placed[i].bottom() <= room.bottom() + 1e-9);
      for (std::size_t j = 0; j < i; ++j) EXPECT_TRUE(overlap(placed[i], placed[j]) < 1e-6) << i << " " << j;
    }
  }
}

TEST(Squarify, SizesOfZeroTakeNoRoom) {
  EXPECT_TRUE(squarify({}, {0, 0, 1, 1}).empty());
  const std::vector<double> zeros = {0, 0};
  for (const Rect& rect : squarify(zeros, {0, 0, 1, 1})) EXPECT_EQ(area_of(rect), 0);
  const std::vector<double> mixed = {0, 5};
  EXPECT_EQ(area_of(squarify(mixed, {0, 0, 2, 2})[0]), 0);
  EXPECT_EQ(area_of(squarify(mixed, {0, 0, 2, 2})[1]), 4);
  for (const Rect& rect : squarify(mixed, {0, 0, 0, 2})) EXPECT_EQ(area_of(rect), 0);
}

}  // namespace
}  // namespace sctab::charts
