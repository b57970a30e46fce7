#include "sctab/report/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sctab/core/progress.hpp"

namespace sctab::report {
namespace {

constexpr double kLargestWhole = 1e15;  // doubles hold every whole number up to here

std::string with_commas(double value) {
  return core::format_count(std::llround(value));
}

int decimals_for(double step) {
  return static_cast<int>(std::clamp(-std::floor(std::log10(step) + 1e-9), 0.0, 12.0));
}

}  // namespace

std::string format_number(double value) {
  if (std::isnan(value)) return kNoValueText;
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  const double size = std::abs(value);
  if (size < kLargestWhole && value == std::round(value)) return with_commas(value);
  if (size >= kLargestWhole || size < 1e-4) return fmt::format("{:.2e}", value);
  if (size >= 1000) return with_commas(value);
  if (size >= 100) return fmt::format("{:.1f}", value);
  if (size >= 10) return fmt::format("{:.2f}", value);
  if (size >= 0.1) return fmt::format("{:.3f}", value);
  return fmt::format("{:.{}f}", value, 2 + decimals_for(size));
}

std::string format_with_deviation(double mean, double deviation) {
  if (std::isnan(mean) || !std::isfinite(deviation)) return format_number(mean);
  return fmt::format("{} ± {}", format_number(mean), format_number(deviation));
}

std::string format_tick(double value, double step) {
  if (value == 0) return "0";
  if (std::abs(value) >= kLargestWhole || std::abs(step) < 1e-6) return fmt::format("{:.3g}", value);
  if (std::abs(value) >= 1e6) return fmt::format("{:.{}f}M", value / 1e6, decimals_for(step / 1e6));
  if (step >= 1) return with_commas(value);
  return fmt::format("{:.{}f}", value, decimals_for(step));
}

}  // namespace sctab::report
