#include "sctab/core/index.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sctab::core {
namespace {

TEST(Narrow, KeepsValuesThatFit) {
  EXPECT_EQ(narrow<std::int32_t>(std::int64_t{2'147'483'647}), 2'147'483'647);
  EXPECT_EQ(narrow<std::uint8_t>(255), 255);
}

TEST(Narrow, RefusesValuesThatDoNot) {
  EXPECT_THROW(narrow<std::int32_t>(std::int64_t{2'147'483'648}), std::logic_error);
  EXPECT_THROW(narrow<std::uint8_t>(-1), std::logic_error);
  EXPECT_THROW(narrow<std::int64_t>(std::numeric_limits<std::uint64_t>::max()), std::logic_error);
}

}  // namespace
}  // namespace sctab::core
