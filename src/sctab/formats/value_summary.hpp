#pragma once

#include <span>
#include <string>

namespace sctab::formats {

/// What the values of a matrix look like, from those that were shown to it.
struct ValueSummary {
  bool integers = true;  // all of them; RSEM's expected counts are not
  bool negative = false, non_finite = false;
  double largest = 0;

  void add(std::span<const double> values);
  void add(std::span<const float> values);
  /// Non-integer values none above 20: log-normalised, in the way of log1p(CP10k).
  [[nodiscard]] bool looks_log_normalised() const { return !integers && !negative && largest <= 20; }
  /// Whether they can be counts or logs at all.
  [[nodiscard]] bool is_valid() const { return !negative && !non_finite; }
  /// For messages: "integers up to 1302".
  [[nodiscard]] std::string text() const;
};

}  // namespace sctab::formats
