#include "sctab/formats/value_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sctab::formats {
namespace {

template <typename Value>
void add_values(std::span<const Value> values, ValueSummary& summary) {
  for (const Value value : values) {
    if (!std::isfinite(value)) {
      summary.non_finite = true;
      continue;
    }
    summary.integers = summary.integers && value == std::nearbyint(value);
    summary.negative = summary.negative || value < 0;
    summary.largest = std::max(summary.largest, static_cast<double>(value));
  }
}

}  // namespace

void ValueSummary::add(std::span<const double> values) {
  add_values(values, *this);
}

void ValueSummary::add(std::span<const float> values) {
  add_values(values, *this);
}

std::string ValueSummary::text() const {
  const std::string up_to = fmt::format("up to {:.6g}", largest);
  if (non_finite) return "NaN or infinite values";
  if (negative) return "values below 0 (scaled)";
  if (integers) return "integers " + up_to;
  return (looks_log_normalised() ? "log-normalised values " : "non-integers ") + up_to;
}

}  // namespace sctab::formats
