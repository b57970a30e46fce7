#include "sctab/benchmark/findings.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "sctab/core/progress.hpp"

namespace sctab::benchmark {
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

/// Of the differences, of seeds that both sides have.
StudentTest paired_test(const BySeed& left, const BySeed& right) {
  std::vector<double> differences;
  for (const auto& [seed, value] : left) {
    const auto found = right.find(seed);
    if (found != right.end()) differences.push_back(value - found->second);
  }
  return one_sample_test(differences, 0);
}

Verdict judge(const StudentTest& test) {
  if (std::isnan(test.p)) return Verdict::kNotTested;
  if (test.p > kSignificant) return Verdict::kWithinNoise;
  return test.difference > 0 ? Verdict::kHeld : Verdict::kDidNotHold;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHeld:
      return "held";
    case Verdict::kDidNotHold:
      return "did not hold";
    case Verdict::kWithinNoise:
      return "within noise";
    default:
      return "not tested";
  }
}

std::string Finding::numbers() const {
  std::string text = mean_text(left) + " against ";
  std::string seeds = fmt::format("{}", left.size());
  if (claim->right) {
    text += mean_text(right);
    seeds += fmt::format(" and {}", right.size());
  } else {
    text += fmt::format("{:.4g}", claim->than);
  }
  text += fmt::format(" ({} seeds{})", seeds, paired ? ", paired" : "");
  if (verdict == Verdict::kNotTested) return text + ", no test: too few seeds, or no spread over them";
  return text + (test.p < 1e-4 ? std::string(", p < 0.0001") : fmt::format(", p {:.2g}", test.p));
}

std::vector<Finding> check_findings(const Results& results) {
  std::vector<Finding> findings;
  for (const FindingSpec& claim : results.recipe().findings) {
    const auto left = results.gains(claim.left);
    Finding finding{.claim = &claim, .left = values_of(left), .right = {}, .test = {}};
    if (claim.right) {
      const auto right = results.gains(*claim.right);
      finding.right = values_of(right);
      finding.paired = claim.left.shares_trials(*claim.right);
      finding.test = finding.paired ? paired_test(left, right) : welch_test(finding.left, finding.right);
    } else {
      finding.test = one_sample_test(finding.left, claim.than);
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

}  // namespace sctab::benchmark
