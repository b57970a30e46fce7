#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace sctab::golden {

/// The largest |got − want|, NaN where either holds one; infinite where the shapes differ. In double.
double largest_deviation(const at::Tensor& got, const at::Tensor& want);

/// Prints "golden tabnet/one_step: losses 3.1e-07 (tolerance 1e-05)" and fails the test where it is not within.
void report(const std::string& group, const std::string& what, double deviation, double tolerance);

/// One quantity next to the numbers of the file, all distances in the same unit.
struct Comparison {
  double deviation = 0;        // ours from the published float32 numbers
  double tolerance = 0;        // of the deviation, where the file has float32 alone
  double error = 0;            // ours from float64 numbers
  double published_error = 0;  // the published float32 numbers from float64 ones
  double rounding = 0;         // what even a perfect computation may lose by rounding its result to float32
  bool float64_in_file = false;
};

/// exact: float64, from the file or computed here; unit: what distances are divided by. The rounding is one float32 ulp
/// of the largest value: half an ulp to store it, and the published error may be 0 by luck where ours is that.
Comparison compare(const at::Tensor& got, const at::Tensor& published, const at::Tensor& exact, double tolerance,
                   double unit = 1);

/// Prints our error, the published one and their ratio. Where the file has float64 numbers, fails the test if our error
/// is more than twice the published one. Where it has float32 alone, the deviation must be within the tolerance; but
/// even exact numbers differ from the published ones by their error, so twice that is allowed too, up to ten times the
/// tolerance.
void report(const std::string& group, const std::string& what, const Comparison& comparison);

}  // namespace sctab::golden
