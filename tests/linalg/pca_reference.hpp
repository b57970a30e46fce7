#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::linalg::tests {

/// Cells about the mean of each gene (cells × genes), dense.
inline std::vector<double> centred_genes(const sparse::CsrMatrix& cells) {
  const auto n = static_cast<std::size_t>(cells.n_genes);
  std::vector<float> x(static_cast<std::size_t>(cells.n_cells) * n);
  sparse::to_dense(cells.view(), x);
  std::vector<double> centred(x.begin(), x.end()), mean(n, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % n] += centred[i] / static_cast<double>(cells.n_cells);
  for (std::size_t i = 0; i < x.size(); ++i) centred[i] -= mean[i % n];
  return centred;
}

/// The covariance of genes (n × n, row-major), in plain loops.
inline std::vector<double> covariance_of_genes(const sparse::CsrMatrix& cells) {
  const auto n = static_cast<std::size_t>(cells.n_genes);
  const std::vector<double> x = centred_genes(cells);
  std::vector<double> all(n * n, 0.0);
  for (std::size_t row = 0; row < x.size(); row += n) {
    for (std::size_t g = 0; g < n; ++g) {
      for (std::size_t h = 0; h < n; ++h) all[g * n + h] += x[row + g] * x[row + h];
    }
  }
  for (double& entry : all) entry /= static_cast<double>(cells.n_cells - 1);
  return all;
}

/// All principal components of cells: the eigenvectors of the covariance of genes, by Jacobi's rotations in double.
struct PcaReference {
  std::vector<double> variance;                 // descending
  std::vector<std::vector<double>> components;  // of length 1

  explicit PcaReference(const sparse::CsrMatrix& cells) {
    std::vector<double> a = covariance_of_genes(cells);
    const auto n = static_cast<std::size_t>(cells.n_genes);
    std::vector<std::vector<double>> vectors(n, std::vector<double>(n, 0.0));  // the product of all rotations
    for (std::size_t g = 0; g < n; ++g) vectors[g][g] = 1;
    for (int sweep = 0; sweep < 20; ++sweep) {  // converges quadratically: ten are enough for 90 genes
      for (std::size_t p = 0; p < n; ++p) {
        for (std::size_t q = p + 1; q < n; ++q) rotate(a, vectors, p, q);
      }
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, std::ranges::greater{}, [&](std::size_t g) { return a[g * n + g]; });
    for (const std::size_t g : order) {
      variance.push_back(a[g * n + g]);
      components.push_back(vectors[g]);
    }
  }

 private:
  // Makes a[p][q] zero: a becomes RᵀaR, and rows p and q of the vectors turn along.
  static void rotate(std::vector<double>& a, std::vector<std::vector<double>>& vectors, std::size_t p, std::size_t q) {
    const std::size_t n = vectors.size();
    if (a[p * n + q] == 0) return;
    const double angle = 0.5 * std::atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]);
    const double c = std::cos(angle), s = std::sin(angle);
    const auto turn = [c, s](double& at_p, double& at_q) {
      const double old = at_p;
      at_p = c * old - s * at_q;
      at_q = s * old + c * at_q;
    };
    for (std::size_t k = 0; k < n; ++k) turn(a[k * n + p], a[k * n + q]);
    for (std::size_t k = 0; k < n; ++k) turn(a[p * n + k], a[q * n + k]);
    for (std::size_t k = 0; k < n; ++k) turn(vectors[p][k], vectors[q][k]);
  }
};

}  // namespace sctab::linalg::tests
