#include "sctab/formats/anndata/matrices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/rows/dense_rows.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"

namespace sctab::anndata {
namespace {

using Layout = MatrixInfo::Layout;

/// "csr", "csc" or empty: today's attribute, that of anndata 0.6 and before, or none.
std::string sparse_format(const arrays::ArrayGroup& root, const std::string& path) {
  const std::string encoding = root.text_attribute(path, "encoding-type");
  const std::string format = encoding.empty() ? root.text_attribute(path, "h5sparse_format") : encoding;
  if (format == "csr_matrix" || format == "csr") return "csr";
  if (format == "csc_matrix" || format == "csc") return "csc";
  return {};
}

bool is_matrix(const arrays::ArrayGroup& root, const std::string& path) {
  if (root.is_group(path)) return !sparse_format(root, path).empty();
  if (!root.is_array(path)) return false;
  const arrays::ArrayInfo info = root.info(path);
  return info.is_numeric() && info.shape.size() == 2;
}

std::int64_t length_of(const arrays::ArrayGroup& root, const std::string& path) {
  if (!root.is_array(path)) {
    const std::size_t slash = path.rfind('/');
    throw root.error(path.substr(0, slash),
                     {.found = fmt::format("the dataset '{}' is missing or damaged", path.substr(slash + 1)),
                      .next_step = arrays::kCopyAgain});
  }
  const auto shape = root.info(path).shape;
  if (shape.size() == 1) return shape[0];
  throw root.error(path, {.found = "does not hold a single row of numbers", .next_step = arrays::kWriteAgain});
}

void describe_sparse(const arrays::ArrayGroup& root, MatrixInfo& info) {
  const std::string& path = info.array_path;
  info.layout = sparse_format(root, path) == "csr" ? Layout::kCsr : Layout::kCsc;
  auto shape = root.integers_attribute(path, "shape");
  if (shape.empty()) shape = root.integers_attribute(path, "h5sparse_shape");
  constexpr std::int64_t kMostGenes = std::numeric_limits<GeneIndex>::max() - 1;
  if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[1] > kMostGenes) {
    throw root.error(path, {.found = "has no valid shape (cells, genes)", .next_step = arrays::kWriteAgain});
  }
  info.n_cells = shape[0];
  info.n_genes = core::narrow<GeneIndex>(shape[1]);
  info.nnz = length_of(root, path + "/data");
  const std::int64_t n_indices = length_of(root, path + "/indices");
  const std::int64_t n_offsets = length_of(root, path + "/indptr");
  const std::int64_t expected = (info.layout == Layout::kCsr ? info.n_cells : info.n_genes) + 1;
  if (n_indices != info.nnz) {
    throw root.error(path, {.found = fmt::format("has {} values but {} indices", info.nnz, n_indices),
                            .next_step = arrays::kWriteAgain});
  }
  if (n_offsets != expected) {
    throw root.error(path, {.found = fmt::format("indptr has {}", core::plural(n_offsets, "entry", "entries")),
                            .expected = fmt::format("{} for {} × {}", expected, info.n_cells, info.n_genes),
                            .next_step = arrays::kWriteAgain});
  }
}

void describe_dense(const arrays::ArrayGroup& root, MatrixInfo& info) {
  const auto shape = root.info(info.array_path).shape;
  if (!std::in_range<GeneIndex>(shape[1])) {
    throw root.error(info.array_path,
                     {.found = fmt::format("has {} columns", shape[1]), .next_step = arrays::kWriteAgain});
  }
  info.layout = Layout::kDense;
  info.n_cells = shape[0];
  info.n_genes = core::narrow<GeneIndex>(shape[1]);
  info.nnz = info.n_cells * info.n_genes;
}

/// File and matrix, as messages about values have them.
core::Problem place_of_matrix(const arrays::ArrayGroup& root, const MatrixInfo& matrix) {
  core::Problem place = root.place(matrix.array_path);
  place.matrix = std::exchange(place.key, {});
  return place;
}

/// Neighbouring cells of a dense matrix, row by row.
std::vector<double> read_cells(arrays::NumberMatrix& matrix, const core::Problem& where, CellIndex begin, CellIndex n) {
  const std::size_t n_values = static_cast<std::size_t>(n) * static_cast<std::size_t>(matrix.n_columns());
  core::require_memory(n, matrix.n_columns() * static_cast<std::int64_t>(2 * sizeof(double)), where);
  std::vector<double> values(n_values);
  arrays::visit_number(matrix.number(), [&](auto value) {
    std::vector<std::byte> bytes(n_values * sizeof(value));
    matrix.read({.row = begin, .n_rows = n, .n_columns = matrix.n_columns()}, bytes);
    for (std::size_t i = 0; i < n_values; ++i) {
      std::memcpy(&value, bytes.data() + i * sizeof(value), sizeof(value));
      values[i] = static_cast<double>(value);
    }
  });
  return values;
}

}  // namespace

std::vector<MatrixInfo> find_matrices(const arrays::ArrayGroup& root) {
  std::vector<MatrixInfo> matrices;
  const auto add_if_there = [&](std::string path, const std::string& array_path) {
    if (!is_matrix(root, array_path)) return false;
    MatrixInfo& info = matrices.emplace_back();
    info.path = std::move(path);
    info.array_path = array_path;
    if (root.is_group(array_path)) {
      describe_sparse(root, info);
    } else {
      describe_dense(root, info);
    }
    return true;
  };
  (void)add_if_there("X", "X");
  if (!add_if_there("raw/X", "raw/X")) (void)add_if_there("raw/X", "raw.X");
  if (root.is_group("layers")) {
    for (const std::string& layer : root.members("layers")) (void)add_if_there("layers/" + layer, "layers/" + layer);
  }
  return matrices;
}

std::unique_ptr<formats::RowReader> read_rows(const arrays::ArrayGroup& root, const MatrixInfo& matrix,
                                              const formats::ReadOptions& options) {
  const core::Problem where = place_of_matrix(root, matrix);
  const std::string& path = matrix.array_path;
  if (matrix.layout == Layout::kDense) return rows::make_dense_rows(root.matrix(path), where, options);
  rows::SparseArrays sparse{.where = where,
                            .n_cells = matrix.n_cells,
                            .n_genes = matrix.n_genes,
                            .nnz = matrix.nnz,
                            .indptr = root.numbers(path + "/indptr"),
                            .indices = root.numbers(path + "/indices"),
                            .data = root.numbers(path + "/data")};
  if (matrix.layout == Layout::kCsr) return rows::make_csr_rows(std::move(sparse));
  return rows::make_csc_rows(std::move(sparse), options);
}

void sample_values(const arrays::ArrayGroup& root, const MatrixInfo& matrix, CellIndex n_sampled,
                   const std::function<void(std::span<const double>)>& look) {
  constexpr std::int64_t kPlaces = 20;
  constexpr std::int64_t kMostValues = 1 << 22;
  if (matrix.nnz == 0) return;
  const bool is_dense = matrix.layout == Layout::kDense;
  const std::int64_t total = is_dense ? matrix.n_cells : matrix.nnz;
  const std::int64_t values_of_cell = std::min(kMostValues, matrix.nnz / std::max<CellIndex>(1, matrix.n_cells) + 1);
  const std::int64_t wanted = is_dense ? n_sampled : std::min(kMostValues, values_of_cell * n_sampled);
  const std::int64_t length = std::min(total, (wanted + kPlaces - 1) / kPlaces);
  std::unique_ptr<arrays::NumberMatrix> dense;
  std::unique_ptr<arrays::NumberArray> sparse;
  if (is_dense) {
    dense = root.matrix(matrix.array_path);
  } else {
    sparse = root.numbers(matrix.array_path + "/data");
  }
  for (std::int64_t place = 0; place < kPlaces; ++place) {
    const std::int64_t begin = (total - length) * place / (kPlaces - 1);
    if (is_dense) {
      look(read_cells(*dense, place_of_matrix(root, matrix), begin, length));
    } else {
      std::vector<double> values(static_cast<std::size_t>(length));
      sparse->read(begin, std::span(values));
      look(values);
    }
  }
}

}  // namespace sctab::anndata
