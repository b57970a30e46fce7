#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/results.hpp"
#include "lab/experiments/student.hpp"

namespace sctab::experiments {

/// What the trials say of a claim. Held and did not hold need a p of 0.05 or less.
enum class Verdict { kHeld, kDidNotHold, kWithinNoise, kNotTested };
/// "held", "did not hold", "within noise", "not tested".
std::string_view name(Verdict verdict);

inline constexpr double kSignificant = 0.05;

/// Welch's, of two sides without trials in common; else of their differences, seed by seed; or of one side against a
/// number.
enum class TestKind { kWelch, kPaired, kOneSample };
/// "Welch's t-test", "paired t-test", "one-sample t-test".
std::string_view name(TestKind kind);

struct Finding {
  const FindingSpec* claim = nullptr;
  std::vector<double> left, right;  // one value a seed
  TestKind kind = TestKind::kWelch;
  std::size_t n_pairs = 0;  // seeds that both sides have, where the test is of pairs
  StudentTest test;
  Verdict verdict = Verdict::kNotTested;

  /// "0.760 ± 0.021", of one side, or the number that the other is compared with.
  [[nodiscard]] std::string left_text() const;
  [[nodiscard]] std::string right_text() const;
  /// Values that the test has: of each side, of pairs, or of the one side.
  [[nodiscard]] std::vector<std::size_t> sizes() const;
  /// "3 and 3 seeds", "3 pairs of seeds", "3 seeds".
  [[nodiscard]] std::string sample() const;
  /// "0.760 ± 0.021 against 0.882 ± 0.004, Welch's t-test of 3 and 3 seeds, 2.1 degrees of freedom, p 0.008".
  [[nodiscard]] std::string numbers() const;
};

/// Not tested are claims with fewer than two seeds on a side, or without any spread over seeds.
std::vector<Finding> check_findings(const Results& results);

/// For people, ends with a line end; empty without findings.
std::string findings_text(const std::vector<Finding>& findings);

}  // namespace sctab::experiments
