#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace sctab::core {

/// 75 -> "1:15"; 3700 -> "1:01:40".
std::string format_duration(double seconds);
/// 1234567 -> "1,234,567".
std::string format_count(std::int64_t n);
/// 1536 -> "1.5 kB"; powers of 1,000.
std::string format_bytes(double bytes);
/// (1, "cell") -> "1 cell"; (1200, "cell") -> "1,200 cells". many: the plural where it is not noun + "s".
std::string plural(std::int64_t n, std::string_view noun, std::string_view many = {});

/// A score of 0 to 1: 0.82997 -> "0.8300"; NaN -> "-".
std::string format_score(double value);

/// Shown in place of a missing value.
inline constexpr const char* kNoValueText = "no value";
/// A number as people read it: 1234567 -> "1,234,567", 0.82997 -> "0.830", 0.0000123 -> "1.23e-05", NaN -> "no value".
std::string format_number(double value);
/// "0.830", or with its deviation "0.830 ± 0.012".
std::string format_with_deviation(double mean, double deviation);
/// A mark of an axis whose marks are `step` apart: as many decimals as the step needs, millions as "2.5M".
std::string format_tick(double value, double step);

/// The number that the whole text is; none if it is anything else or does not fit in a Number.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || next != end) return std::nullopt;
  return number;
}

/// The most memory this process has held at once, in bytes.
std::int64_t peak_memory_bytes();

}  // namespace sctab::core
