#include "golden/deviation.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

namespace sctab::golden {

double largest_deviation(const at::Tensor& got, const at::Tensor& want) {
  if (got.sizes() != want.sizes()) return std::numeric_limits<double>::infinity();
  return (got.detach().to(at::kDouble) - want.to(at::kDouble)).abs().max().item<double>();
}

double largest_relative_deviation(const at::Tensor& got, const at::Tensor& want) {
  return largest_deviation(got, want) / want.abs().max().item<double>();
}

void report(const std::string& group, const std::string& what, double deviation, double tolerance) {
  fmt::print("golden {}: {} {:.2g} (tolerance {:g})\n", group, what, deviation, tolerance);
  if (!(deviation <= tolerance)) {
    ADD_FAILURE() << group << ": " << what << " deviates by " << deviation << ", tolerance " << tolerance;
  }
}

}  // namespace sctab::golden
