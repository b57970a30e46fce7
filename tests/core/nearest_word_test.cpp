#include "sctab/core/nearest_word.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sctab::core {
namespace {

TEST(EditDistance, CountsEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("annotate", "annotate"), 0U);
  EXPECT_EQ(edit_distance("anotate", "annotate"), 1U);
  EXPECT_EQ(edit_distance("biuld", "build"), 1U) << "a swap is one edit";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U) << "no part is edited twice";
}

TEST(NearestWord, IsTheNearestWithinAThirdOfTheLength) {
  const std::vector<std::string> words = {"annotate", "augment", "train", "evaluate"};
  EXPECT_EQ(nearest_word("anotate", words), "annotate");
  EXPECT_EQ(nearest_word("trian", words), "train");
  EXPECT_EQ(nearest_word("agument", words), "augment");
  EXPECT_EQ(nearest_word("frobnicate", words), "");
  EXPECT_EQ(nearest_word("x", words), "");
  EXPECT_EQ(nearest_word("", words), "");
  EXPECT_EQ(nearest_word("train", {}), "");
}

TEST(NearestWord, TakesABeginningForTheWord) {
  const std::vector<std::string> words = {"evaluate", "evade"};
  EXPECT_EQ(nearest_word("eval", words), "evaluate");
  EXPECT_EQ(nearest_word("ev", words), "") << "two letters are too few";
}

TEST(NearestWord, IsTheFirstOfSeveralThatAreEquallyNear) {
  const std::vector<std::string> words = {"--val", "--tal"};
  EXPECT_EQ(nearest_word("--cal", words), "--val");
}

}  // namespace
}  // namespace sctab::core
