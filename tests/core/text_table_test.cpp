#include "sctab/core/text_table.hpp"
#include "sctab/core/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace sctab::core {
namespace {

TEST(TextTable, AlignsByCharactersNotBytes) {
  TextTable table({{"type"}, {"n", TextTable::Align::kRight}, {"note"}});
  table.add_row({"γδ T cell", "1,234", ""});
  table.add_row({"B", "5", "rare"});
  EXPECT_EQ(table.text(),
            "type           n  note\n"
            "γδ T cell  1,234\n"
            "B              5  rare\n");
  EXPECT_EQ(TextTable({{"a"}}).text(2), "  a\n");
}

TEST(TextTable, RefusesARowOfAnotherWidth) {
  TextTable table({{"a"}, {"b"}});
  EXPECT_THROW(table.add_row({"1"}), std::logic_error);
}

TEST(FormatScore, FourDigitsOrADash) {
  EXPECT_EQ(format_score(0.82997), "0.8300");
  EXPECT_EQ(format_score(std::numeric_limits<double>::quiet_NaN()), "-");
}

}  // namespace
}  // namespace sctab::core
