#pragma once

#include <span>
#include <vector>

namespace sctab::experiments {

/// Mean and standard deviation (with n − 1), NaN if there are too few values.
struct Moments {
  std::size_t n = 0;
  double mean = 0, deviation = 0;
};
Moments moments(std::span<const double> values);

/// The regularised incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1].
double incomplete_beta(double a, double b, double x);

/// A t-test. p is two-sided. t and p are NaN if a side has fewer than two values, or if values differ only by rounding:
/// the standard error is at most 1e-12 of the largest value, or of `scale`.
struct StudentTest {
  double difference = 0;  // between the means
  double t = 0, degrees_of_freedom = 0, p = 0;
};
/// Welch's t-test: the two sides may differ in size and in spread. scale: if the values are differences, the magnitude
/// of the numbers they were taken from, which decides their rounding.
StudentTest welch_test(std::span<const double> left, std::span<const double> right, double scale = 0);
/// Tests a mean against a number. scale: as for welch_test().
StudentTest one_sample_test(std::span<const double> values, double than, double scale = 0);

/// P values with Holm's step-down correction, at most 1. NaN stays NaN and does not count.
std::vector<double> holm_corrected(std::span<const double> p);

}  // namespace sctab::experiments
