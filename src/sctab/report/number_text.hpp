#pragma once

#include <string>

namespace sctab::report {

/// What stands where there is no value.
inline constexpr const char* kNoValueText = "no value";

/// A number as people read it: 1234567 -> "1,234,567", 0.82997 -> "0.830", 0.0000123 -> "1.23e-05", NaN -> "no value".
std::string format_number(double value);

/// "0.830", or with its deviation "0.830 ± 0.012".
std::string format_with_deviation(double mean, double deviation);

/// A mark of an axis whose marks are `step` apart: as many decimals as the step needs, millions as "2.5M".
std::string format_tick(double value, double step);

}  // namespace sctab::report
