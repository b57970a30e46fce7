#include "lab/experiments/student.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sctab::experiments::tests {
namespace {

using Values = std::vector<double>;

#define EXPECT_CLOSE(got, want, tolerance) \
  EXPECT_TRUE(std::abs((got) - (want)) <= (tolerance)) << (got) << " is not " << (want)

TEST(IncompleteBeta, HasItsClosedForms) {
  for (const double x : {0.0, 0.01, 0.3, 0.5, 0.77, 0.999, 1.0}) {
    EXPECT_CLOSE(incomplete_beta(1, 1, x), x, 1e-14);
    EXPECT_CLOSE(incomplete_beta(3, 1, x), x * x * x, 1e-14);
    EXPECT_CLOSE(incomplete_beta(2, 2, x), x * x * (3 - 2 * x), 1e-14);
    EXPECT_CLOSE(incomplete_beta(0.5, 0.5, x), 2 / M_PI * std::asin(std::sqrt(x)), 1e-13);
    EXPECT_CLOSE(incomplete_beta(1.3, 7.9, x) + incomplete_beta(7.9, 1.3, 1 - x), 1, 1e-13);
  }
  EXPECT_TRUE(std::isnan(incomplete_beta(1, 1, 1.5)));
  EXPECT_TRUE(std::isnan(incomplete_beta(1, 1, std::nan(""))));
}

// Two-sided tails of Student's t: 1 degree is Cauchy's, 2 degrees have a closed form.
TEST(OneSample, HasTheTailsOfStudentsT) {
  const StudentTest one_degree = one_sample_test(Values{1, 3}, 0);  // t = 2 / 1
  EXPECT_CLOSE(one_degree.t, 2, 1e-14);
  EXPECT_CLOSE(one_degree.p, 1 - 2 / M_PI * std::atan(2), 1e-13);
  const StudentTest two_degrees = one_sample_test(Values{1, 2, 3}, 0);
  const double t = 2 * std::sqrt(3);
  EXPECT_CLOSE(two_degrees.t, t, 1e-14);
  EXPECT_CLOSE(two_degrees.p, 1 - t / std::sqrt(2 + t * t), 1e-13);
}

// scipy.stats.ttest_ind(a, b, equal_var=False) of these values.
TEST(Welch, IsScipys) {
  const StudentTest test = welch_test(Values{27.5, 21.0, 19.0, 23.6, 17.0, 17.9}, Values{27.1, 22.0, 20.8, 23.4, 23.4});
  EXPECT_CLOSE(test.difference, 21.0 - 23.34, 1e-12);
  EXPECT_CLOSE(test.t, -1.2099420601679065, 1e-9);
  EXPECT_CLOSE(test.degrees_of_freedom, 8.29280948999624, 1e-9);
  EXPECT_CLOSE(test.p, 0.2596591932830219, 1e-9);
  const StudentTest mirrored =
      welch_test(Values{27.1, 22.0, 20.8, 23.4, 23.4}, Values{27.5, 21.0, 19.0, 23.6, 17.0, 17.9});
  EXPECT_CLOSE(mirrored.t, -test.t, 1e-12);
  EXPECT_CLOSE(mirrored.p, test.p, 1e-12);
}

TEST(Welch, OneSideWithoutSpreadLeavesTheOthers) {
  const StudentTest test = welch_test(Values{1, 2, 3}, Values{5, 5, 5});
  EXPECT_CLOSE(test.degrees_of_freedom, 2, 1e-12);
  EXPECT_CLOSE(test.t, -3 * std::sqrt(3), 1e-12);
}

TEST(Welch, HasNoAnswerWithoutSpreadOrWithTooFewValues) {
  EXPECT_TRUE(std::isnan(welch_test(Values{1, 1}, Values{2, 2}).p));
  EXPECT_TRUE(std::isnan(welch_test(Values{1}, Values{2, 3}).p));
  EXPECT_TRUE(std::isnan(welch_test(Values{}, Values{2, 3}).p));
  EXPECT_TRUE(std::isnan(one_sample_test(Values{1}, 0).p));
}

TEST(Moments, AreNaNWhereThereIsNothing) {
  EXPECT_TRUE(std::isnan(moments(Values{}).mean));
  EXPECT_EQ(moments(Values{4}).mean, 4);
  EXPECT_TRUE(std::isnan(moments(Values{4}).deviation));
  EXPECT_CLOSE(moments(Values{1, 2, 3, 4}).deviation, std::sqrt(5.0 / 3), 1e-14);
}

// The sum of three times 0.1, divided by 3, is not 0.1.
TEST(Moments, EqualFractionsHaveNoSpread) {
  const Moments equal = moments(Values{0.1, 0.1, 0.1});
  EXPECT_EQ(equal.mean, 0.1);
  EXPECT_EQ(equal.deviation, 0);
  EXPECT_GT(moments(Values{0.1, 0.1, std::nextafter(0.1, 1)}).deviation, 0);
  EXPECT_TRUE(std::isnan(moments(Values{0.1, std::nan(""), 0.1}).deviation));
  EXPECT_TRUE(std::isnan(moments(Values{std::nan(""), 0.1, 0.1}).mean));
  EXPECT_TRUE(std::isnan(one_sample_test(Values{0.1, 0.1, 0.1}, 0).p));
  EXPECT_TRUE(std::isnan(welch_test(Values{0.1, 0.1, 0.1}, Values{0.7, 0.7, 0.7}).p));
}

// All are 0.2 to the reader, and to a computer they differ in the last digit.
TEST(Student, ValuesThatDifferByRoundingAloneGiveNoAnswer) {
  const Values rounded{0.9 - 0.7, 0.8 - 0.6, 0.7 - 0.5};
  ASSERT_NE(rounded[0], rounded[2]);
  EXPECT_TRUE(std::isnan(one_sample_test(rounded, 0).p));
  EXPECT_TRUE(std::isnan(one_sample_test(rounded, 0).t));
  EXPECT_CLOSE(one_sample_test(rounded, 0).difference, 0.2, 1e-15);
  EXPECT_TRUE(std::isnan(welch_test(rounded, Values{0.1, 0.1, 0.1}).p));
  const Values residues{rounded[0] - 0.2, rounded[1] - 0.2, rounded[2] - 0.2};  // of scores of this size
  EXPECT_TRUE(std::isnan(one_sample_test(residues, 0, 0.9).p));
  EXPECT_LT(one_sample_test(Values{0.2, 0.2 + 1e-9, 0.2 - 1e-9}, 0).p, 1e-12) << "a small spread is one";
}

}  // namespace
}  // namespace sctab::experiments::tests
