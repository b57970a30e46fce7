#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace sctab::nn::tests {

/// max(scale · (z − max) − tau, 0)^power with tau by bisection: slow, and nothing like the code it checks.
/// entmax-1.5: scale 0.5, power 2. sparsemax: 1 and 1.
inline std::vector<double> project_by_bisection(const std::vector<double>& z, double scale, double power) {
  const double max = *std::max_element(z.begin(), z.end());
  const auto values = [&](double tau) {
    std::vector<double> p;
    for (const double v : z) p.push_back(std::pow(std::max(scale * (v - max) - tau, 0.0), power));
    return p;
  };
  double low = -1, high = 0;  // the sum is >= 1 at low and 0 at high
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    double sum = 0;
    for (const double p : values(middle)) sum += p;
    (sum >= 1 ? low : high) = middle;
  }
  return values(low);
}

}  // namespace sctab::nn::tests
