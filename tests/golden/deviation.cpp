#include "golden/deviation.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace sctab::golden {

double largest_deviation(const at::Tensor& got, const at::Tensor& want) {
  if (got.sizes() != want.sizes()) return std::numeric_limits<double>::infinity();
  return (got.detach().to(at::kDouble) - want.to(at::kDouble)).abs().max().item<double>();
}

void report(const std::string& group, const std::string& what, double deviation, double tolerance, double rounding) {
  const double allowed = std::max(tolerance, std::min(4 * rounding, 10 * tolerance));
  const std::string why = allowed > tolerance ? fmt::format("; {:.2g} for the file's rounding", allowed) : "";
  fmt::print("golden {}: {} {:.2g} (tolerance {:g}{})\n", group, what, deviation, tolerance, why);
  if (!(deviation <= allowed)) {
    ADD_FAILURE() << group << ": " << what << " deviates by " << deviation << ", tolerance " << allowed;
  }
}

}  // namespace sctab::golden
