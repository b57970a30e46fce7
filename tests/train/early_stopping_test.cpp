#include "sctab/train/checkpoint.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace sctab::train {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(EarlyStopping, StopsAfterPatienceEpochsWithoutABetterOne) {
  EarlyStopping stopping(2);
  EXPECT_FALSE(stopping.should_stop());
  EXPECT_TRUE(stopping.add(0.5));
  EXPECT_FALSE(stopping.add(0.5));  // equal is not better
  EXPECT_FALSE(stopping.should_stop());
  EXPECT_TRUE(stopping.add(0.6));
  EXPECT_FALSE(stopping.add(0.1));
  EXPECT_FALSE(stopping.should_stop());
  EXPECT_FALSE(stopping.add(0.59));
  EXPECT_TRUE(stopping.should_stop());
  EXPECT_EQ(stopping.state().best_epoch, 2);
  EXPECT_EQ(stopping.state().best_score, 0.6);
}

TEST(EarlyStopping, WithoutScoresKeepsTheLastAndNeverStops) {
  EarlyStopping stopping(1);
  for (int epoch = 0; epoch < 5; ++epoch) {
    EXPECT_TRUE(stopping.add(kNone));
    EXPECT_FALSE(stopping.should_stop());
    EXPECT_EQ(stopping.state().best_epoch, epoch);
  }
}

TEST(EarlyStopping, AScoreOfZeroIsAScore) {
  EarlyStopping stopping(1);
  EXPECT_TRUE(stopping.add(0));
  EXPECT_FALSE(stopping.add(kNone));
  EXPECT_TRUE(stopping.should_stop());
}

TEST(EarlyStopping, GoesOnWhereItWas) {
  EarlyStopping whole(3), first(3);
  const std::vector<double> scores = {0.1, 0.4, 0.3, 0.2, 0.35};
  for (const double score : scores) whole.add(score);
  first.add(scores[0]);
  first.add(scores[1]);
  EarlyStopping second(3);
  second.restore(first.state());
  for (std::size_t i = 2; i < scores.size(); ++i) second.add(scores[i]);
  EXPECT_EQ(second.state().best_epoch, whole.state().best_epoch);
  EXPECT_TRUE(whole.should_stop());
  EXPECT_EQ(second.should_stop(), whole.should_stop());
}

}  // namespace
}  // namespace sctab::train
