#pragma once

#include <span>

namespace sctab::benchmark {

/// Mean and standard deviation (divided by n − 1): NaN where there are too few values for it.
struct Moments {
  std::size_t n = 0;
  double mean = 0, deviation = 0;
};
Moments moments(std::span<const double> values);

/// I_x(a, b), for a, b > 0 and x in [0, 1].
double incomplete_beta(double a, double b, double x);

/// A t-test. p: two-sided; NaN, as is t, where there are fewer than two values on a side or none of them differ.
struct StudentTest {
  double difference = 0;  // of the means
  double t = 0, degrees_of_freedom = 0, p = 0;
};
/// Welch's: the two sides may differ in number and in spread.
StudentTest welch_test(std::span<const double> left, std::span<const double> right);
/// Of one mean against a number.
StudentTest one_sample_test(std::span<const double> values, double than);

}  // namespace sctab::benchmark
