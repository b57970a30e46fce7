#include "lab/experiments/findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "sctab/core/numbers.hpp"

namespace sctab::experiments {
namespace {

std::string mean_text(const std::vector<double>& values) {
  const Moments found = moments(values);
  if (found.n == 0) return "nothing measured";
  const bool is_count = std::abs(found.mean) >= 1000;
  const auto count = [](double value) { return core::format_count(std::llround(value)); };
  const std::string mean = is_count ? count(found.mean) : fmt::format("{:.4g}", found.mean);
  if (found.n == 1) return mean;
  return mean + " ± " + (is_count ? count(found.deviation) : fmt::format("{:.2g}", found.deviation));
}

using BySeed = std::map<std::uint64_t, double>;

std::vector<double> values_of(const BySeed& by_seed) {
  std::vector<double> values;
  for (const auto& [seed, value] : by_seed) values.push_back(value);
  return values;
}

/// left - right for each seed that both sides have.
std::vector<double> differences_of(const BySeed& left, const BySeed& right) {
  std::vector<double> differences;
  for (const auto& [seed, value] : left) {
    const auto found = right.find(seed);
    if (found != right.end()) differences.push_back(value - found->second);
  }
  return differences;
}

/// The largest magnitude of the side's values, or of those that they are differences of.
double scale_of(const Results& results, const FindingSide& side) {
  double scale = 0;
  for (const auto& [model, part] : {std::pair(side.model, side.part), std::pair(side.base_model(), side.base_part())}) {
    for (const double value : results.values(model, part, side.measure)) scale = std::max(scale, std::abs(value));
  }
  return scale;
}

Verdict judge(const StudentTest& test) {
  if (std::isnan(test.p)) return Verdict::kNotTested;
  if (test.p > kSignificant) return Verdict::kWithinNoise;
  return test.difference > 0 ? Verdict::kHeld : Verdict::kDidNotHold;
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"held", "did not hold", "within noise", "not tested"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::string_view name(TestKind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"Welch's t-test", "paired t-test", "one-sample t-test"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<std::size_t> Finding::sizes() const {
  if (kind == TestKind::kPaired) return {n_pairs};
  if (kind == TestKind::kWelch) return {left.size(), right.size()};
  return {left.size()};
}

std::string Finding::sample() const {
  const std::vector<std::size_t> n = sizes();
  const auto first = static_cast<std::int64_t>(n[0]);
  if (kind == TestKind::kPaired) return core::plural(first, "pair") + " of seeds";
  return n.size() == 1 ? core::plural(first, "seed") : fmt::format("{} seeds", fmt::join(n, " and "));
}

std::string Finding::left_text() const {
  return mean_text(left);
}

std::string Finding::right_text() const {
  return claim->right ? mean_text(right) : fmt::format("{:.4g}", claim->than);
}

std::string Finding::numbers() const {
  std::string text = fmt::format("{} against {}, {} of {}", left_text(), right_text(), name(kind), sample());
  if (verdict == Verdict::kNotTested) return text + ", without a result: too few values, or no spread";
  text += fmt::format(", {:.3g} degrees of freedom", test.degrees_of_freedom);
  return text + (test.p < 1e-4 ? std::string(", p < 0.0001") : fmt::format(", p {:.2g}", test.p));
}

std::vector<Finding> check_findings(const Results& results) {
  std::vector<Finding> findings;
  for (const FindingSpec& claim : results.recipe().findings) {
    const auto left = results.gains(claim.left);
    Finding finding{.claim = &claim, .left = values_of(left), .right = {}, .test = {}};
    double scale = scale_of(results, claim.left);
    if (claim.right) {
      const auto right = results.gains(*claim.right);
      finding.right = values_of(right);
      scale = std::max(scale, scale_of(results, *claim.right));
      if (claim.left.shares_trials(*claim.right)) {
        const std::vector<double> differences = differences_of(left, right);
        finding.kind = TestKind::kPaired;
        finding.n_pairs = differences.size();
        finding.test = one_sample_test(differences, 0, scale);
      } else {
        finding.test = welch_test(finding.left, finding.right, scale);
      }
    } else {
      finding.kind = TestKind::kOneSample;
      finding.test = one_sample_test(finding.left, claim.than, scale);
    }
    finding.verdict = judge(finding.test);
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{}: {}\n  here: {}\n  paper: {}\n", name(finding.verdict), finding.claim->text,
                        finding.numbers(), finding.claim->paper);
  }
  return text;
}

}  // namespace sctab::experiments
