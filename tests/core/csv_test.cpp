#include "sctab/core/csv.hpp"

#include <gtest/gtest.h>

namespace sctab::core {
namespace {

TEST(CsvField, IsQuotedWhereItMustBe) {
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("T cell"), "T cell");
  EXPECT_EQ(csv_field("CD4-positive, alpha-beta T cell"), "\"CD4-positive, alpha-beta T cell\"");
  EXPECT_EQ(csv_field("a \"donor\""), "\"a \"\"donor\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field("two\r"), "\"two\r\"");
}

}  // namespace
}  // namespace sctab::core
