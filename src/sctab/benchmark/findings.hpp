#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sctab/benchmark/results.hpp"
#include "sctab/benchmark/student.hpp"

namespace sctab::benchmark {

/// What the trials say of a claim. Held and did not hold need a p of 0.05 or less.
enum class Verdict { kHeld, kDidNotHold, kWithinNoise, kNotTested };
/// "held", "did not hold", "within noise", "not tested".
std::string_view name(Verdict verdict);

inline constexpr double kSignificant = 0.05;

struct Finding {
  const FindingSpec* claim = nullptr;
  std::vector<double> left, right;  // one value a seed
  bool paired = false;              // the sides share trials: tested are their differences seed by seed
  StudentTest test;
  Verdict verdict = Verdict::kNotTested;

  /// "0.760 ± 0.021 against 0.882 ± 0.004 (3 and 3 seeds), p 0.008"; "(3 and 3 seeds, paired)".
  [[nodiscard]] std::string numbers() const;
};

/// Not tested are claims with fewer than two seeds on a side, or without any spread over seeds.
std::vector<Finding> check_findings(const Results& results);

/// For people, ends with a line end; empty without findings.
std::string findings_text(const std::vector<Finding>& findings);

}  // namespace sctab::benchmark
