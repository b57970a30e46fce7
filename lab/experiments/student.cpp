#include "lab/experiments/student.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::experiments {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz algorithm.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300, kPrecision = 1e-15;
  constexpr int kMostTerms = 10'000;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  const auto multiply = [&](double term) {
    d = 1 / away_from_zero(1 + term * d);
    c = away_from_zero(1 + term / c);
    fraction *= c * d;
    return std::abs(c * d - 1) > kPrecision;
  };
  bool goes_on = true;
  for (int i = 1; goes_on && i < kMostTerms; ++i) {
    const double m = i;
    multiply(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    goes_on = multiply(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
  }
  return fraction;
}

double largest(std::span<const double> values) {
  double size = 0;
  for (const double value : values) size = std::max(size, std::abs(value));
  return size;
}

/// t and p from the difference of means, its variance and the degrees of freedom. scale: magnitude of the numbers; a
/// spread in their last digits only counts as none.
StudentTest test(double difference, double variance, double degrees_of_freedom, double scale) {
  constexpr double kRounding = 1e-12;
  StudentTest result{difference, kNaN, kNaN, kNaN};
  if (!(std::sqrt(variance) > kRounding * scale)) return result;
  result.degrees_of_freedom = degrees_of_freedom;
  result.t = difference / std::sqrt(variance);
  const double squared = result.t * result.t;
  result.p = incomplete_beta(degrees_of_freedom / 2, 0.5, degrees_of_freedom / (degrees_of_freedom + squared));
  return result;
}

}  // namespace

Moments moments(std::span<const double> values) {
  Moments result{values.size(), kNaN, kNaN};
  if (values.empty()) return result;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const auto n = static_cast<double>(values.size());
  // The rounded mean of equal values may differ from them, and their spread around it would not be 0.
  const bool all_equal = std::ranges::count(values, values[0]) == std::ssize(values);
  result.mean = all_equal ? values[0] : sum / n;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.deviation = std::sqrt(squares / (n - 1));
  return result;
}

double incomplete_beta(double a, double b, double x) {
  SCTAB_ASSERT(a > 0 && b > 0);
  if (!(x >= 0 && x <= 1)) return kNaN;
  if (x == 0 || x == 1) return x;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  // The fraction converges fast on this side of the mean; the other side mirrors it.
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

StudentTest welch_test(std::span<const double> left, std::span<const double> right, double scale) {
  const Moments l = moments(left), r = moments(right);
  const auto n_left = static_cast<double>(l.n), n_right = static_cast<double>(r.n);
  const double of_left = l.deviation * l.deviation / n_left, of_right = r.deviation * r.deviation / n_right;
  const double variance = of_left + of_right;
  const double degrees = variance * variance / (of_left * of_left / (n_left - 1) + of_right * of_right / (n_right - 1));
  return test(l.mean - r.mean, variance, degrees, std::max({scale, largest(left), largest(right)}));
}

StudentTest one_sample_test(std::span<const double> values, double than, double scale) {
  const Moments found = moments(values);
  const auto n = static_cast<double>(found.n);
  return test(found.mean - than, found.deviation * found.deviation / n, n - 1, std::max(scale, largest(values)));
}

std::vector<double> holm_corrected(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [p](std::size_t i) { return std::isnan(p[i]); });
  std::ranges::sort(order, [p](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> corrected(p.begin(), p.end());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, std::min(1.0, static_cast<double>(order.size() - i) * p[order[i]]));
    corrected[order[i]] = least;
  }
  return corrected;
}

}  // namespace sctab::experiments
