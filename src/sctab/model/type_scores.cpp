#include "sctab/model/type_scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/kernels/dense_product.hpp"

namespace sctab::model {
namespace {

constexpr float kLargestValue = 10;  // CellTypist clips scaled values here
constexpr double kNever = -std::numeric_limits<double>::infinity();

/// log(1 / (1 + exp(−x))), without overflow on either side.
double log_sigmoid(double x) {
  return x >= 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x));
}

/// Row by row: exp(log_weight(score)), scaled to sum to 1, for the types that were trained on.
template <typename LogWeight>
std::vector<float> scaled(std::span<const float> scores, const CellsPerType& cells_per_type, LogWeight log_weight) {
  const std::size_t width = cells_per_type.size();
  SCTAB_ASSERT(width > 0 && scores.size() % width == 0);
  std::vector<float> probabilities(scores.size());
  std::vector<double> row(width);
  for (std::size_t begin = 0; begin < scores.size(); begin += width) {
    for (std::size_t type = 0; type < width; ++type) {
      row[type] = cells_per_type[type] > 0 ? log_weight(static_cast<double>(scores[begin + type])) : kNever;
    }
    const double largest = *std::ranges::max_element(row);
    double sum = 0;
    for (double& value : row) sum += value = std::exp(value - largest);
    for (std::size_t type = 0; type < width; ++type) probabilities[begin + type] = static_cast<float>(row[type] / sum);
  }
  return probabilities;
}

}  // namespace

std::vector<float> softmax(std::span<const float> scores, const CellsPerType& cells_per_type) {
  return scaled(scores, cells_per_type, [](double score) { return score; });
}

std::vector<float> scaled_sigmoids(std::span<const float> scores, const CellsPerType& cells_per_type) {
  std::vector<float> probabilities = scaled(scores, cells_per_type, log_sigmoid);
  const std::size_t width = cells_per_type.size();
  for (std::size_t begin = 0; begin < scores.size(); begin += width) {
    std::size_t best = width;
    for (std::size_t type = 0; type < width; ++type) {
      if (cells_per_type[type] > 0 && (best == width || scores[begin + type] > scores[begin + best])) best = type;
    }
    const auto row = std::span(probabilities).subspan(begin, width);
    const float largest = *std::ranges::max_element(row);
    const bool is_first = std::ranges::max_element(row) - row.begin() == static_cast<std::ptrdiff_t>(best);
    if (best < width && !is_first) row[best] = std::nextafter(largest, 2.0F);
  }
  return probabilities;
}

void scale_cells(sparse::CsrView log_norm, std::span<const float> factor, sparse::CsrMatrix& out) {
  out.clear(log_norm.n_genes);
  for (core::CellIndex cell = 0; cell < log_norm.n_cells; ++cell) {
    const sparse::RowView row = log_norm.row(cell);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      const float by = factor[static_cast<std::size_t>(row.indices[i])];
      if (by == 0) continue;
      out.indices.push_back(row.indices[i]);
      out.data.push_back(std::min(kLargestValue, row.data[i] * by));
    }
    out.indptr.push_back(std::ssize(out.indices));
  }
  out.n_cells = log_norm.n_cells;
}

void scale_components(const linalg::Pca& pca, std::span<float> components) {
  const auto by = static_cast<float>(1 / std::sqrt(pca.variance.front()));
  for (float& value : components) value *= by;
}

std::vector<float> logits(std::span<const float> components, std::span<const float> weight,
                          std::span<const float> bias) {
  const std::size_t n_types = bias.size(), depth = weight.size() / n_types;
  std::vector<float> found(components.size() / depth * n_types);
  if (!found.empty()) kernels::product_transposed(components, weight, static_cast<std::int64_t>(depth), found);
  for (std::size_t i = 0; i < found.size(); ++i) found[i] += bias[i % n_types];
  return found;
}

}  // namespace sctab::model
