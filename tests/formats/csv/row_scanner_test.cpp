#include "sctab/formats/csv/row_scanner.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "sctab/core/rng.hpp"

namespace sctab::csv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Values of a row of numbers alone, zeros too.
std::vector<float> scan(const std::string& line, std::int32_t n, Separator separator = Separator::kComma) {
  const RowScanner scanner(separator, {{n, 0, false}});
  RowScanner::Values values;
  const auto bad = scanner.scan(line, values);
  if (bad) {
    ADD_FAILURE() << line << ": " << bad->found;
    return {};
  }
  std::vector<float> dense(static_cast<std::size_t>(n), 0.0F);
  std::int32_t last = -1;
  for (std::size_t i = 0; i < values.n; ++i) {
    EXPECT_GT(values.numbers[i], last);
    EXPECT_NE(values.values[i], 0);
    last = values.numbers[i];
    dense[static_cast<std::size_t>(last)] = values.values[i];
  }
  return dense;
}

BadField refused(const std::string& line, std::int32_t n, Separator separator = Separator::kComma) {
  RowScanner::Values values;
  const auto bad = RowScanner(separator, {{n, 0, false}}).scan(line, values);
  if (!bad) ADD_FAILURE() << line << " is not refused";
  return bad.value_or(BadField{});
}

TEST(RowScanner, ReadsNumbersInAnyForm) {
  EXPECT_THAT(scan("7", 1), ElementsAre(7));
  EXPECT_THAT(scan("0,1,0,0,0,0,0,0,22,0", 10), ElementsAre(0, 1, 0, 0, 0, 0, 0, 0, 22, 0));
  EXPECT_THAT(scan("1.5,0.0,-2,+3,1e3,-1E-2, 4 ,\"5\",.5,6.", 10),
              ElementsAre(1.5F, 0, -2, 3, 1000, -0.01F, 4, 5, 0.5F, 6));
  EXPECT_THAT(scan("0.1,123456789012345,123456789.012345,1234567890123456789", 4),
              ElementsAre(0.1F, 123456789012345.F, 123456789.012345F, 1234567890123456789.F));
  EXPECT_THAT(scan("00,000,-0,0e5", 4), ElementsAre(0, 0, 0, 0));
}

TEST(RowScanner, KeepsNumbersThatAreTooLargeOrTooSmall) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(scan("1e39,-1e39,1e400,-1e400,1e-400,1e-60", 6),
              ElementsAre(infinity, -infinity, infinity, -infinity, 0, 0));
}

TEST(RowScanner, KnowsAllSeparators) {
  EXPECT_THAT(scan("0\t0\t0\t0\t0\t3", 6, Separator::kTab), ElementsAre(0, 0, 0, 0, 0, 3));
  EXPECT_THAT(scan("0;0;0;0;0;3", 6, Separator::kSemicolon), ElementsAre(0, 0, 0, 0, 0, 3));
  EXPECT_THAT(scan("  0 0 0 0  0\t 3  ", 6, Separator::kBlanks), ElementsAre(0, 0, 0, 0, 0, 3));
  EXPECT_THAT(scan("0 0 0 0", 4, Separator::kBlanks), ElementsAre(0, 0, 0, 0));
}

TEST(RowScanner, ReadsZerosOfAnyNumber) {
  for (std::int32_t n = 1; n < 20; ++n) {
    for (std::int32_t one = 0; one < n; ++one) {
      std::string line;
      std::vector<float> expected(static_cast<std::size_t>(n), 0.0F);
      for (std::int32_t i = 0; i < n; ++i) line += fmt::format("{}{}", i == 0 ? "" : ",", i == one ? 1 : 0);
      expected[static_cast<std::size_t>(one)] = 1;
      EXPECT_EQ(scan(line, n), expected) << line;
    }
  }
}

TEST(RowScanner, RoundsAsDoublesDo) {
  core::Rng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    const double value = rng.uniform() * std::pow(10, static_cast<double>(i % 12));
    const std::string text = i % 3 == 0 ? fmt::format("{:.{}e}", value, i % 17) : fmt::format("{:.{}f}", value, i % 17);
    EXPECT_EQ(scan(text, 1).front(), static_cast<float>(std::strtod(text.c_str(), nullptr))) << text;
  }
}

TEST(RowScanner, SkipsLabels) {
  const RowScanner scanner(Separator::kComma, {{1, 0, true}, {2, 0, false}, {2, 0, true}, {5, 2, false}, {1, 0, true}});
  EXPECT_EQ(scanner.n_values(), 7);
  EXPECT_EQ(scanner.n_columns(), 11);
  RowScanner::Values values;
  ASSERT_FALSE(scanner.scan(R"("a, b",0,3,x,,0,0,0,0,5,"y")", values));
  EXPECT_THAT(values.row_numbers(), ElementsAre(1, 6));
  EXPECT_THAT(values.row_values(), ElementsAre(3, 5));
  ASSERT_FALSE(scanner.scan("a,0,0,x,y,0,0,0,0,0,", values));
  EXPECT_THAT(values.row_values(), IsEmpty());
  EXPECT_EQ(scanner.scan(R"("a,0,0,x,y,0,0,0,0,0,z)", values).value_or(BadField{}).found,
            "a quote is not closed on its line");
}

TEST(RowScanner, RefusesWhatIsNoNumber) {
  BadField bad = refused("1,NA,2", 3);
  EXPECT_EQ(bad.column, 1);
  EXPECT_EQ(bad.found, "'NA'");
  EXPECT_EQ(bad.expected, "a number");
  bad = refused("1,2,", 3);
  EXPECT_EQ(bad.column, 2);
  EXPECT_THAT(bad.found, HasSubstr("nothing"));
  EXPECT_THAT(bad.next_step, HasSubstr("write 0"));
  EXPECT_THAT(refused("0\t0\t0,5", 3, Separator::kTab).next_step, HasSubstr("without commas"));
  for (const char* text : {"nan", "Inf", "x", "1x", "1 2", "--1", "0x10", "1e", ".", "-", "+", "1\n2", "-nan", "\"1"}) {
    EXPECT_EQ(refused(fmt::format("0,0,0,0,{},0", text), 6).column, 4) << text;
  }
}

TEST(RowScanner, RefusesRowsOfAnotherWidth) {
  for (const char* line : {"", "0", "0,0", "0,0,0,0,", "0,0,0,0", "1,1,1,1", "0,0,0,0,0,0,0,0,0", "12,"}) {
    if (std::string_view(line) == "0,0,0,0,") continue;
    SCOPED_TRACE(line);
    const BadField bad = refused(line, 5);
    EXPECT_TRUE(bad.column == -1 ? bad.found.find("field") != std::string::npos : bad.found.find("nothing") == 0)
        << bad.found;
  }
  EXPECT_EQ(refused("0,0,0,0,0,0", 5).found, "6 fields");
  EXPECT_EQ(refused("1,2,3,4", 5).found, "4 fields");
}

}  // namespace
}  // namespace sctab::csv
