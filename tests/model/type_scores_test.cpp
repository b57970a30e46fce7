#include "sctab/model/type_scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace sctab::model {
namespace {

const CellsPerType kAll = {5, 5, 5}, kTwo = {5, 0, 5};

TEST(Softmax, EqualsTheFormulaAndLeavesOutUntrainedTypes) {
  const std::vector<float> scores = {1, 2, 3, -1000, 1000, 1000};
  const std::vector<float> found = softmax(scores, kAll);
  const double sum = std::exp(1) + std::exp(2) + std::exp(3);
  EXPECT_NEAR(found[0], std::exp(1) / sum, 1e-7);
  EXPECT_NEAR(found[2], std::exp(3) / sum, 1e-7);
  EXPECT_EQ(found[3], 0);
  EXPECT_EQ(found[4], 0.5F);
  EXPECT_EQ(softmax(std::vector<float>{0, 50, 0}, kTwo), (std::vector<float>{0.5F, 0, 0.5F}));
}

TEST(ScaledSigmoids, EqualTheFormula) {
  const std::vector<float> scores = {-1, 0.5F, 2};
  const std::vector<float> found = scaled_sigmoids(scores, kAll);
  double sum = 0;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  for (const float score : scores) sum += sigmoid(static_cast<double>(score));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i], sigmoid(static_cast<double>(scores[i])) / sum, 1e-7);
}

TEST(ScaledSigmoids, KeepTheOrderOfExtremeScores) {
  // All sigmoids are 1 in single precision: the third type must still be the call. All are 0: likewise.
  for (const std::vector<float>& scores :
       {std::vector<float>{300, 40, 900}, {-900, -800, -300}, {-1000, -1000, -999}}) {
    const std::vector<float> found = scaled_sigmoids(scores, kAll);
    EXPECT_EQ(std::ranges::max_element(found) - found.begin(), 2) << scores[0];
    EXPECT_NEAR(found[0] + found[1] + found[2], 1, 1e-6);
  }
  const std::vector<float> without = scaled_sigmoids(std::vector<float>{-1, 800, -2}, kTwo);
  EXPECT_EQ(without[1], 0);
  EXPECT_GT(without[0], without[2]);
}

}  // namespace
}  // namespace sctab::model
