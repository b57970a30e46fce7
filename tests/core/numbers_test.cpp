#include "sctab/core/numbers.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace sctab::core {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

TEST(Numbers, ReadsAsPeopleWriteIt) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(-0.0), "0");
  EXPECT_EQ(format_number(7), "7");
  EXPECT_EQ(format_number(1234567), "1,234,567");
  EXPECT_EQ(format_number(-22'189'056), "-22,189,056");
  EXPECT_EQ(format_number(0.82997), "0.830");
  EXPECT_EQ(format_number(-0.5), "-0.500");
  EXPECT_EQ(format_number(3.14159), "3.142");
  EXPECT_EQ(format_number(12.345), "12.35");
  EXPECT_EQ(format_number(123.45), "123.5");
  EXPECT_EQ(format_number(12345.6), "12,346");
  EXPECT_EQ(format_number(0.0123456), "0.0123");
  EXPECT_EQ(format_number(0.00043), "0.000430");
  EXPECT_EQ(format_number(0.0000123), "1.23e-05");
  EXPECT_EQ(format_number(1.5e20), "1.50e+20");
}

TEST(Numbers, ShowsAMissingValue) {
  EXPECT_EQ(format_number(kNoValue), "no value");
  EXPECT_EQ(format_number(std::numeric_limits<double>::infinity()), "infinity");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-infinity");
}

TEST(Numbers, ShowsADeviationNextToItsMean) {
  EXPECT_EQ(format_with_deviation(0.83, 0.0123), "0.830 ± 0.0123");
  EXPECT_EQ(format_with_deviation(0.83, kNoValue), "0.830");
  EXPECT_EQ(format_with_deviation(kNoValue, 0.1), "no value");
}

TEST(Numbers, TicksHaveTheDecimalsOfTheirStep) {
  EXPECT_EQ(format_tick(0.6000000001, 0.2), "0.6");
  EXPECT_EQ(format_tick(0.25, 0.05), "0.25");
  EXPECT_EQ(format_tick(0.1, 0.1), "0.1");
  EXPECT_EQ(format_tick(1e-17, 0.1), "0.0");
  EXPECT_EQ(format_tick(20'000, 5'000), "20,000");
  EXPECT_EQ(format_tick(2'500'000, 500'000), "2.5M");
  EXPECT_EQ(format_tick(20'000'000, 5'000'000), "20M");
  EXPECT_EQ(format_tick(-5, 5), "-5");
  EXPECT_EQ(format_tick(3e-9, 1e-9), "3e-09");
}

TEST(Numbers, AreParsedFromTheWholeText) {
  EXPECT_EQ(parse_number<std::int64_t>("-42"), -42);
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  for (const char* text : {"", " 1", "1 ", "1x", "+1", "0x10", "one"}) {
    EXPECT_EQ(parse_number<std::int64_t>(text), std::nullopt) << "'" << text << "'";
    EXPECT_EQ(parse_number<double>(text), std::nullopt) << "'" << text << "'";
  }
  EXPECT_EQ(parse_number<std::int64_t>("1.5"), std::nullopt);
  EXPECT_EQ(parse_number<std::int8_t>("128"), std::nullopt);
  EXPECT_EQ(parse_number<double>("1e999"), std::nullopt);
}

TEST(Numbers, AgreeWithTheirNouns) {
  EXPECT_EQ(plural(1, "cell"), "1 cell");
  EXPECT_EQ(plural(0, "cell"), "0 cells");
  EXPECT_EQ(plural(12345, "donor"), "12,345 donors");
  EXPECT_EQ(plural(1, "study", "studies"), "1 study");
  EXPECT_EQ(plural(2, "study", "studies"), "2 studies");
}

}  // namespace
}  // namespace sctab::core
