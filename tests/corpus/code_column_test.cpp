#include "sctab/corpus/cell_table.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sctab::corpus {
namespace {

TEST(CodeColumn, KeepsEveryCodeInAsFewBytesAsItCan) {
  CodeColumn column;
  std::vector<std::int32_t> expected;
  const auto push_back = [&](std::int32_t code) {
    column.push_back(code);
    expected.push_back(code);
  };
  for (const std::int32_t code : {-1, 0, 127}) push_back(code);
  EXPECT_EQ(column.bytes(), 3U);
  push_back(128);
  EXPECT_EQ(column.bytes(), 8U);
  for (const std::int32_t code : {32'767, -1}) push_back(code);
  EXPECT_EQ(column.bytes(), 12U);
  push_back(32'768);
  push_back(2'147'483'647);
  EXPECT_EQ(column.bytes(), 32U);
  ASSERT_EQ(column.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(column[i], expected[i]) << i;
}

TEST(CodeColumn, FromOneByteToFourAtOnce) {
  CodeColumn column;
  column.push_back(-1);
  column.push_back(100'000);
  EXPECT_EQ(column[0], -1);
  EXPECT_EQ(column[1], 100'000);
}

TEST(CodeColumn, CodesCanBeSetAndTakenBack) {
  CodeColumn column;
  column.reserve(100);
  EXPECT_GE(column.capacity(), 100U);
  for (std::int32_t code = 0; code < 10; ++code) column.push_back(code);
  column.set(3, 70'000);
  column.set(4, -1);
  column.truncate(5);
  EXPECT_EQ(column.size(), 5U);
  EXPECT_EQ(column[2], 2);
  EXPECT_EQ(column[3], 70'000);
  EXPECT_EQ(column[4], -1);
  EXPECT_THROW(column.truncate(6), std::logic_error);
  EXPECT_THROW(column.push_back(-2), std::logic_error);
}

}  // namespace
}  // namespace sctab::corpus
