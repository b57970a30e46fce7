#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace sctab::golden {

/// The largest |got − want|, NaN where either holds one; infinite where the shapes differ. In double.
double largest_deviation(const at::Tensor& got, const at::Tensor& want);

/// Prints "golden tabnet/one_step: logits 3.1e-07 (tolerance 1e-05)" and fails the test where it is not within.
/// rounding: how far the file's own float32 numbers are from exact ones. Two float32 runs of one network differ by as
/// much, with the number of threads say, so four times that is allowed too, up to ten times the tolerance.
void report(const std::string& group, const std::string& what, double deviation, double tolerance, double rounding = 0);

}  // namespace sctab::golden
