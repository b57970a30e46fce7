#include "sctab/core/numbers.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

namespace sctab::core {
namespace {

constexpr double kLargestWhole = 1e15;  // doubles hold every whole number up to here

std::string with_commas(double value) {
  return format_count(std::llround(value));
}

int decimals_for(double step) {
  return static_cast<int>(std::clamp(-std::floor(std::log10(step) + 1e-9), 0.0, 12.0));
}

}  // namespace

std::string format_duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(seconds));
  if (total < 3600) return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

std::string format_count(std::int64_t n) {
  std::string digits = fmt::format("{}", n);
  const std::size_t first = n < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string format_bytes(double bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits.at(unit));
}

std::string plural(std::int64_t n, std::string_view noun, std::string_view many) {
  if (n == 1) return fmt::format("1 {}", noun);
  return many.empty() ? fmt::format("{} {}s", format_count(n), noun) : fmt::format("{} {}", format_count(n), many);
}

std::string format_score(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

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

std::int64_t peak_memory_bytes() {
  constexpr std::string_view kPeak = "VmHWM:";
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == kPeak && status >> kilobytes) return kilobytes * 1024;
  }
  rusage usage{};  // where /proc is not mounted; it counts what the process held before it became this program
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace sctab::core
