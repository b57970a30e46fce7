#include "kernels/reference.hpp"

#include <algorithm>

namespace sctab::tests::reference {

Matrix dense(sparse::CsrView x) {
  Matrix out(x.n_cells, x.n_genes);
  for (std::int64_t cell = 0; cell < x.n_cells; ++cell) {
    const sparse::RowView row = x.row(cell);
    for (std::size_t i = 0; i < row.indices.size(); ++i)
      out.at(cell, row.indices[i]) = static_cast<double>(row.data[i]);
  }
  return out;
}

Matrix transposed(const Matrix& x) {
  Matrix out(x.n_columns, x.n_rows);
  for (std::int64_t row = 0; row < x.n_rows; ++row) {
    for (std::int64_t column = 0; column < x.n_columns; ++column) out.at(column, row) = x.at(row, column);
  }
  return out;
}

Matrix product(const Matrix& left, const Matrix& right) {
  Matrix out(left.n_rows, right.n_columns);
  for (std::int64_t row = 0; row < left.n_rows; ++row) {
    for (std::int64_t k = 0; k < left.n_columns; ++k) {
      for (std::int64_t column = 0; column < right.n_columns; ++column) {
        out.at(row, column) += left.at(row, k) * right.at(k, column);
      }
    }
  }
  return out;
}

Matrix ghost_norm(const Matrix& x, const Norm& norm) {
  Matrix out(x.n_rows, x.n_columns);
  for (std::size_t batch = 0; batch + 1 < norm.batch_starts.size(); ++batch) {
    const std::int64_t first = norm.batch_starts[batch], last = norm.batch_starts[batch + 1];
    for (std::int64_t column = 0; column < x.n_columns; ++column) {
      const auto c = static_cast<std::size_t>(column);
      double mean = 0, variance = 0;
      for (std::int64_t row = first; row < last; ++row) mean += x.at(row, column) / static_cast<double>(last - first);
      for (std::int64_t row = first; row < last; ++row) {
        variance += (x.at(row, column) - mean) * (x.at(row, column) - mean) / static_cast<double>(last - first);
      }
      if (last - first == 1) mean = norm.running_mean[c], variance = norm.running_variance[c];
      for (std::int64_t row = first; row < last; ++row) {
        out.at(row, column) =
            (x.at(row, column) - mean) / std::sqrt(variance + norm.epsilon) * norm.weight[c] + norm.bias[c];
      }
    }
  }
  return out;
}

Matrix simplex(kernels::Simplex kind, const Matrix& scores) {
  Matrix out(scores.n_rows, scores.n_columns);
  const auto weight = [kind](double above) {
    return above <= 0 ? 0.0 : kind == kernels::Simplex::kEntmax15 ? above * above / 4 : above;
  };
  for (std::int64_t row = 0; row < scores.n_rows; ++row) {
    double high = -INFINITY;
    for (std::int64_t c = 0; c < scores.n_columns; ++c) high = std::max(high, scores.at(row, c));
    double low = high - 2;
    for (int i = 0; i < 200; ++i) {
      const double middle = (low + high) / 2;
      double sum = 0;
      for (std::int64_t c = 0; c < scores.n_columns; ++c) sum += weight(scores.at(row, c) - middle);
      (sum > 1 ? low : high) = middle;
    }
    for (std::int64_t c = 0; c < scores.n_columns; ++c) out.at(row, c) = weight(scores.at(row, c) - low);
  }
  return out;
}

std::vector<double> differences(std::vector<double>& values, const std::function<double()>& loss, double step) {
  std::vector<double> gradient;
  for (double& value : values) {
    const double kept = value;
    value = kept + step;
    const double above = loss();
    value = kept - step;
    gradient.push_back((above - loss()) / (2 * step));
    value = kept;
  }
  return gradient;
}

}  // namespace sctab::tests::reference
