#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/results.hpp"
#include "lab/experiments/student.hpp"

namespace sctab::experiments {

/// The verdict of the trials on a claim. Held and did not hold require p <= 0.05.
enum class Verdict { kHeld, kDidNotHold, kWithinNoise, kNotTested };
/// "held", "did not hold", "within noise", "not tested".
std::string_view name(Verdict verdict);

inline constexpr double kSignificant = 0.05;

/// Welch's for two sides without trials in common, paired by seed for sides that share trials, one-sample for a side
/// against a number.
enum class TestKind { kWelch, kPaired, kOneSample };
/// "Welch's t-test", "paired t-test", "one-sample t-test".
std::string_view name(TestKind kind);

struct Finding {
  const FindingSpec* claim = nullptr;
  std::vector<double> left, right;  // one value per seed
  TestKind kind = TestKind::kWelch;
  std::size_t n_pairs = 0;  // seeds that both sides have, in a paired test
  StudentTest test;
  Verdict verdict = Verdict::kNotTested;

  /// "0.760 ± 0.021": a side, or the number that it is compared with.
  [[nodiscard]] std::string left_text() const;
  [[nodiscard]] std::string right_text() const;
  /// Sample sizes of the test: of both sides, of the pairs, or of the one side.
  [[nodiscard]] std::vector<std::size_t> sizes() const;
  /// "3 and 3 seeds", "3 pairs of seeds", "3 seeds".
  [[nodiscard]] std::string sample() const;
  /// "0.760 ± 0.021 against 0.882 ± 0.004, Welch's t-test of 3 and 3 seeds, 2.1 degrees of freedom, p 0.008".
  [[nodiscard]] std::string numbers() const;
};

/// Claims with fewer than two seeds on a side, or without any spread over seeds, are not tested.
std::vector<Finding> check_findings(const Results& results);

/// Text for people, with a final line break; empty if there are no findings.
std::string findings_text(const std::vector<Finding>& findings);

}  // namespace sctab::experiments
