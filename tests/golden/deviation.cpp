#include "golden/deviation.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace sctab::golden {
namespace {

constexpr double kMostOfPublished = 2;  // our error in parts of the published one
constexpr double kRoundingAllowed = 2;  // our deviation in parts of the published error, where only that is known

}  // namespace

double largest_deviation(const at::Tensor& got, const at::Tensor& want) {
  if (got.sizes() != want.sizes()) return std::numeric_limits<double>::infinity();
  return (got.detach().to(at::kDouble) - want.to(at::kDouble)).abs().max().item<double>();
}

void report(const std::string& group, const std::string& what, double deviation, double tolerance) {
  fmt::print("golden {}: {} {:.2g} (tolerance {:g})\n", group, what, deviation, tolerance);
  if (!(deviation <= tolerance)) {
    ADD_FAILURE() << group << ": " << what << " deviates by " << deviation << ", tolerance " << tolerance;
  }
}

Comparison compare(const at::Tensor& got, const at::Tensor& published, const at::Tensor& exact, double tolerance,
                   double unit) {
  const auto ulp = static_cast<double>(std::numeric_limits<float>::epsilon());
  return {.deviation = largest_deviation(got, published) / unit,
          .tolerance = tolerance,
          .error = largest_deviation(got, exact) / unit,
          .published_error = largest_deviation(published, exact) / unit,
          .rounding = ulp * exact.abs().max().item<double>() / unit};
}

void report(const std::string& group, const std::string& what, const Comparison& comparison) {
  const double ratio = comparison.published_error > 0 ? comparison.error / comparison.published_error : 0;
  const std::string errors =
      fmt::format("error {:.2g}, published {:.2g}, ratio {:.2g}", comparison.error, comparison.published_error, ratio);
  if (!comparison.float64_in_file) {
    const double allowed = std::max(comparison.tolerance,
                                    std::min(kRoundingAllowed * comparison.published_error, 10 * comparison.tolerance));
    fmt::print("golden {}: {} {}; deviation {:.2g} (at most {:.2g})\n", group, what, errors, comparison.deviation,
               allowed);
    if (!(comparison.deviation <= allowed)) {
      ADD_FAILURE() << group << ": " << what << " deviates by " << comparison.deviation << ", tolerance " << allowed;
    }
    return;
  }
  const double allowed = std::max(kMostOfPublished * comparison.published_error, comparison.rounding);
  fmt::print("golden {}: {} {} (at most {:g}, or an error of {:.2g})\n", group, what, errors, kMostOfPublished,
             comparison.rounding);
  if (!(comparison.error <= allowed)) {
    ADD_FAILURE() << group << ": " << what << " is off by " << comparison.error << ", allowed " << allowed << "; "
                  << errors;
  }
}

}  // namespace sctab::golden
