#include "sctab/sparse/csr.hpp"

#include <algorithm>
#include <numeric>

namespace sctab::sparse {

void CsrMatrix::append_row(std::span<const GeneIndex> row_indices, std::span<const float> row_data) {
  SCTAB_ASSERT(row_indices.size() == row_data.size());
  indices.insert(indices.end(), row_indices.begin(), row_indices.end());
  data.insert(data.end(), row_data.begin(), row_data.end());
  indptr.push_back(static_cast<std::int64_t>(indices.size()));
  ++n_cells;
}

void CsrMatrix::clear(GeneIndex genes) {
  n_cells = 0;
  n_genes = genes;
  indptr.assign(1, 0);
  indices.clear();
  data.clear();
}

bool strictly_ascending(std::span<const GeneIndex> genes) {
  int falls = 0;  // without branches, so that it is done several at a time
  for (std::size_t i = 1; i < genes.size(); ++i) falls |= static_cast<int>(genes[i] <= genes[i - 1]);
  return falls == 0;
}

void sort_and_sum(CsrMatrix& matrix) {
  std::vector<std::pair<GeneIndex, float>> row;
  std::size_t out = 0;
  std::int64_t begin = 0;
  for (CellIndex cell = 0; cell < matrix.n_cells; ++cell) {
    const std::int64_t end = matrix.indptr[static_cast<std::size_t>(cell) + 1];
    const auto first = static_cast<std::size_t>(begin);
    const auto count = static_cast<std::size_t>(end - begin);
    if (strictly_ascending(std::span(matrix.indices).subspan(first, count))) {
      std::copy_n(matrix.indices.begin() + begin, count, matrix.indices.begin() + static_cast<std::int64_t>(out));
      std::copy_n(matrix.data.begin() + begin, count, matrix.data.begin() + static_cast<std::int64_t>(out));
      out += count;
    } else {
      row.clear();
      for (std::size_t i = first; i < first + count; ++i) row.emplace_back(matrix.indices[i], matrix.data[i]);
      std::stable_sort(row.begin(), row.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0 && row[i].first == row[i - 1].first) {
          matrix.data[out - 1] += row[i].second;
        } else {
          matrix.indices[out] = row[i].first;
          matrix.data[out++] = row[i].second;
        }
      }
    }
    begin = end;
    matrix.indptr[static_cast<std::size_t>(cell) + 1] = static_cast<std::int64_t>(out);
  }
  matrix.indices.resize(out);
  matrix.data.resize(out);
}

void to_dense(CsrView view, std::span<float> dense) {
  const auto width = static_cast<std::size_t>(view.n_genes);
  SCTAB_ASSERT(dense.size() == static_cast<std::size_t>(view.n_cells) * width);
  std::fill(dense.begin(), dense.end(), 0.0F);
  for (CellIndex cell = 0; cell < view.n_cells; ++cell) {
    const RowView row = view.row(cell);
    float* out = dense.data() + static_cast<std::size_t>(cell) * width;
    for (std::size_t i = 0; i < row.indices.size(); ++i) out[row.indices[i]] = row.data[i];
  }
}

}  // namespace sctab::sparse
