#include "sctab/core/alternatives.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

namespace sctab::core {
namespace {

TEST(Alternatives, AreAChoiceInWords) {
  EXPECT_EQ(alternatives(std::vector<std::string>{"X"}), "X");
  EXPECT_EQ(alternatives(std::array<std::string_view, 2>{"X", "raw/X"}), "X or raw/X");
  EXPECT_EQ(alternatives(std::array{"blood", "liver", "lung"}), "one of blood, liver, lung");
}

}  // namespace
}  // namespace sctab::core
