#include "sctab/formats/number_type.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace sctab::formats {
namespace {

using namespace std::string_literals;

/// The two numbers in these bytes.
std::array<double, 2> numbers(NumberType type, const std::string& bytes) {
  EXPECT_EQ(bytes.size(), 2 * width(type)) << name(type);
  std::array<double, 2> values{};
  to_doubles(type, reinterpret_cast<const std::byte*>(bytes.data()), values);
  return values;
}

TEST(NumberTypes, AreConverted) {
  using enum NumberType;
  using Pair = std::array<double, 2>;
  EXPECT_EQ(numbers(kF64, "\0\0\0\0\0\0\0\xC0\0\0\0\0\0\0\xE0\x3F"s), (Pair{-2, 0.5}));
  EXPECT_EQ(numbers(kF32, "\0\0\0\xC0\0\0\0\x3F"s), (Pair{-2, 0.5}));
  EXPECT_EQ(numbers(kBF16, "\x00\xC0\x00\x3F"s), (Pair{-2, 0.5}));
  EXPECT_EQ(numbers(kI64, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x03\0\0\0\0\0\0\0"s), (Pair{-2, 3}));
  EXPECT_EQ(numbers(kI32, "\xFE\xFF\xFF\xFF\x03\0\0\0"s), (Pair{-2, 3}));
  EXPECT_EQ(numbers(kI16, "\xFE\xFF\x03\0"s), (Pair{-2, 3}));
  EXPECT_EQ(numbers(kI8, "\xFE\x03"s), (Pair{-2, 3}));
  EXPECT_EQ(numbers(kU8, "\xFE\x03"s), (Pair{254, 3}));
  EXPECT_EQ(numbers(kBool, "\x01\x00"s), (Pair{1, 0}));
}

TEST(NumberTypes, HalvesMayBeSubnormalOrNotFinite) {
  using Pair = std::array<double, 2>;
  EXPECT_EQ(numbers(NumberType::kF16, "\x00\xC0\x00\x38"s), (Pair{-2, 0.5}));
  EXPECT_EQ(numbers(NumberType::kF16, "\x01\x00\xFF\x83"s), (Pair{0x1p-24, -1023 * 0x1p-24}));
  EXPECT_EQ(numbers(NumberType::kF16, "\xFF\x7B\x00\xFC"s), (Pair{65504, -std::numeric_limits<double>::infinity()}));
  EXPECT_TRUE(std::isnan(numbers(NumberType::kF16, "\x01\x7C\x00\x00"s)[0]));
}

}  // namespace
}  // namespace sctab::formats
