#pragma once

#include <span>

namespace sctab::experiments {

/// Mean and standard deviation (divided by n − 1): NaN where there are too few values for it.
struct Moments {
  std::size_t n = 0;
  double mean = 0, deviation = 0;
};
Moments moments(std::span<const double> values);

/// I_x(a, b), for a, b > 0 and x in [0, 1].
double incomplete_beta(double a, double b, double x);

/// A t-test. p: two-sided; NaN, as is t, where there are fewer than two values on a side, or where they differ by no
/// more than rounding: the standard error is at most 1e-12 of the largest of them, or of `scale`.
struct StudentTest {
  double difference = 0;  // of the means
  double t = 0, degrees_of_freedom = 0, p = 0;
};
/// Welch's: the two sides may differ in number and in spread. scale: size of the numbers that the values are
/// differences of, where they are, for it is these that were rounded.
StudentTest welch_test(std::span<const double> left, std::span<const double> right, double scale = 0);
/// Of one mean against a number. scale: as of welch_test().
StudentTest one_sample_test(std::span<const double> values, double than, double scale = 0);

}  // namespace sctab::experiments
