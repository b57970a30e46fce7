#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace sctab::golden {

/// The largest |got − want|, NaN where either holds one; infinite where the shapes differ. In double.
double largest_deviation(const at::Tensor& got, const at::Tensor& want);

/// As largest_deviation(), in parts of the largest |want| of the tensor.
double largest_relative_deviation(const at::Tensor& got, const at::Tensor& want);

/// Prints "golden tabnet/one_step: logits 3.1e-07 (tolerance 1e-05)" and fails the test where it is not within.
void report(const std::string& group, const std::string& what, double deviation, double tolerance);

}  // namespace sctab::golden
