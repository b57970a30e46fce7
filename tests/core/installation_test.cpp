#include "sctab/core/installation.hpp"

#include <gtest/gtest.h>

namespace sctab::core {
namespace {

TEST(Installation, HasOnePrefixForBothPrograms) {
  EXPECT_EQ(prefix_of("/opt/sctab/bin"), "/opt/sctab");
  EXPECT_EQ(prefix_of("/opt/sctab/libexec/sctab"), "/opt/sctab");
  EXPECT_EQ(prefix_of("/home/me/sctab/build"), "/home/me/sctab");
  EXPECT_EQ(prefix_of(""), "");
}

TEST(Installation, TheFolderOfThisProgramHoldsIt) {
  EXPECT_TRUE(std::filesystem::exists(program_folder() / "test_core"));
}

}  // namespace
}  // namespace sctab::core
