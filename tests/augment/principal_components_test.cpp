#include "sctab/augment/principal_components.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sctab/core/rng.hpp"

namespace sctab::augment {
namespace {

using sparse::GeneIndex;

constexpr GeneIndex kGenes = 40;
constexpr std::size_t kCells = 300;

/// Positive cells with three planted directions of falling variance.
sparse::CsrMatrix planted_cells() {
  core::Rng rng(8);
  std::vector<std::vector<double>> directions(3);
  for (auto& direction : directions) {
    for (GeneIndex g = 0; g < kGenes; ++g) direction.push_back(rng.normal());
  }
  sparse::CsrMatrix cells;
  cells.clear(kGenes);
  for (std::size_t i = 0; i < kCells; ++i) {
    const double a = 2 * rng.normal(), b = rng.normal(), c = 0.5 * rng.normal();
    std::vector<GeneIndex> genes;
    std::vector<float> values;
    for (GeneIndex g = 0; g < kGenes; ++g) {
      const auto at = static_cast<std::size_t>(g);
      const double value =
          2 + a * directions[0][at] + b * directions[1][at] + c * directions[2][at] + 0.1 * rng.normal();
      if (value <= 0) continue;
      genes.push_back(g);
      values.push_back(static_cast<float>(value));
    }
    cells.append_row(genes, values);
  }
  return cells;
}

/// The covariance of genes, in plain loops.
std::vector<double> covariance(const sparse::CsrMatrix& cells) {
  std::vector<float> x(kCells * kGenes);
  sparse::to_dense(cells.view(), x);
  std::vector<double> mean(kGenes, 0.0), all(kGenes * kGenes, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % kGenes] += static_cast<double>(x[i]) / kCells;
  for (std::size_t i = 0; i < kCells; ++i) {
    for (std::size_t g = 0; g < kGenes; ++g) {
      for (std::size_t h = 0; h < kGenes; ++h) {
        all[g * kGenes + h] += (static_cast<double>(x[i * kGenes + g]) - mean[g]) *
                               (static_cast<double>(x[i * kGenes + h]) - mean[h]) / (kCells - 1);
      }
    }
  }
  return all;
}

TEST(PrincipalComponents, AreTheLargestEigenvectorsOfTheCovariance) {
  const sparse::CsrMatrix cells = planted_cells();
  const PrincipalComponents got = principal_components(cells.view(), 2, 1);
  std::vector<double> matrix = covariance(cells);
  for (std::size_t component = 0; component < 2; ++component) {
    // Power iteration, and what it found taken out of the matrix for the next.
    std::vector<double> v(kGenes, 1.0);
    double length = 0;
    for (int iteration = 0; iteration < 2000; ++iteration) {
      std::vector<double> next(kGenes, 0.0);
      for (std::size_t g = 0; g < kGenes; ++g) {
        for (std::size_t h = 0; h < kGenes; ++h) next[g] += matrix[g * kGenes + h] * v[h];
      }
      length = 0;
      for (const double value : next) length += value * value;
      length = std::sqrt(length);
      for (std::size_t g = 0; g < kGenes; ++g) v[g] = next[g] / length;
    }
    double cosine = 0, largest = 0;
    for (std::size_t g = 0; g < kGenes; ++g) {
      const auto entry = static_cast<double>(got.axes[g * 2 + component]);
      cosine += v[g] * entry;
      if (std::abs(entry) > std::abs(largest)) largest = entry;
      for (std::size_t h = 0; h < kGenes; ++h) matrix[g * kGenes + h] -= length * v[g] * v[h];
    }
    EXPECT_TRUE(std::abs(std::abs(cosine) - 1) <= 1e-5) << cosine;  // axes are floats
    EXPECT_TRUE(std::abs(got.variances[component] - length) <= 1e-4 * length);
    EXPECT_GT(largest, 0);
  }
}

TEST(PrincipalComponents, CoordinatesAreAboutTheMean) {
  const sparse::CsrMatrix cells = planted_cells();
  const PrincipalComponents got = principal_components(cells.view(), 2, 1);
  const std::vector<float> places = got.coordinates(cells.view());
  ASSERT_EQ(places.size(), 2 * kCells);
  for (std::size_t component = 0; component < 2; ++component) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < kCells; ++i) {
      const auto place = static_cast<double>(places[2 * i + component]);
      sum += place;
      squares += place * place;
    }
    EXPECT_TRUE(std::abs(sum / kCells) <= 1e-4) << sum;
    EXPECT_TRUE(std::abs(squares / (kCells - 1) - got.variances[component]) <= 1e-4 * got.variances[component]);
  }
}

TEST(PrincipalComponents, TakeCellsThatDoNotVary) {
  sparse::CsrMatrix cells;
  cells.clear(5);
  for (int i = 0; i < 4; ++i) cells.append_row(std::vector<GeneIndex>{2}, std::vector<float>{1});
  const PrincipalComponents got = principal_components(cells.view(), 2, 1);
  for (const double variance : got.variances) EXPECT_TRUE(variance <= 1e-10) << variance;
  for (const float place : got.coordinates(cells.view())) EXPECT_TRUE(std::abs(place) <= 1e-5F) << place;
}

}  // namespace
}  // namespace sctab::augment
