#include "sctab/formats/h5ad/matrix_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::h5ad {
namespace {

using Layout = MatrixInfo::Layout;

/// "csr", "csc" or empty: today's attribute, that of anndata 0.6 and before, or none.
std::string sparse_format(hid_t group) {
  const std::string encoding = hdf5::text_attribute(group, "encoding-type");
  const std::string format = encoding.empty() ? hdf5::text_attribute(group, "h5sparse_format") : encoding;
  if (format == "csr_matrix" || format == "csr") return "csr";
  if (format == "csc_matrix" || format == "csc") return "csc";
  return {};
}

std::int64_t length_of(hid_t group, const char* name) {
  const hdf5::Handle dataset = hdf5::open_dataset(group, name);
  const auto shape = hdf5::dimensions(dataset.id());
  if (shape.size() != 1) {
    throw hdf5::error_at(dataset.id(),
                         {.found = "does not hold a single row of numbers", .next_step = hdf5::kWriteAgain});
  }
  return shape[0];
}

MatrixInfo describe_sparse(const hdf5::Handle& group, MatrixInfo info) {
  const std::string format = sparse_format(group.id());
  info.layout = format == "csr" ? Layout::kCsr : Layout::kCsc;
  auto shape = hdf5::integers_attribute(group.id(), "shape");
  if (shape.empty()) shape = hdf5::integers_attribute(group.id(), "h5sparse_shape");
  constexpr std::int64_t kMostGenes = std::numeric_limits<core::GeneIndex>::max() - 1;
  if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[1] > kMostGenes) {
    throw hdf5::error_at(group.id(), {.found = "has no valid shape (cells, genes)", .next_step = hdf5::kWriteAgain});
  }
  info.n_cells = shape[0];
  info.n_genes = core::narrow<core::GeneIndex>(shape[1]);
  info.nnz = length_of(group.id(), "data");
  const std::int64_t n_indices = length_of(group.id(), "indices");
  const std::int64_t n_offsets = length_of(group.id(), "indptr");
  const std::int64_t expected = (info.layout == Layout::kCsr ? info.n_cells : info.n_genes) + 1;
  if (n_indices != info.nnz) {
    throw hdf5::error_at(group.id(), {.found = fmt::format("has {} values but {} indices", info.nnz, n_indices),
                                      .next_step = hdf5::kWriteAgain});
  }
  if (n_offsets != expected) {
    throw hdf5::error_at(group.id(),
                         {.found = fmt::format("indptr has {}", core::plural(n_offsets, "entry", "entries")),
                          .expected = fmt::format("{} for {} × {}", expected, info.n_cells, info.n_genes),
                          .next_step = hdf5::kWriteAgain});
  }
  return info;
}

/// Whether zeros stand next to each other anywhere; without branches, as any_zero().
bool any_two_zeros(std::span<const std::int32_t> values) {
  int zeros = 0;
  for (std::size_t i = 1; i < values.size(); ++i) zeros |= static_cast<int>((values[i] | values[i - 1]) == 0);
  return zeros != 0;
}

/// Without branches, so that it is done several at a time.
bool any_zero(std::span<const float> values) {
  int zeros = 0;
  for (const float value : values) zeros |= static_cast<int>(value == 0.0F);
  return zeros != 0;
}

}  // namespace

bool is_matrix(hid_t file, std::string_view path) {
  if (hdf5::is_group(file, path)) return !sparse_format(hdf5::open_group(file, path).id()).empty();
  if (!hdf5::is_dataset(file, path)) return false;
  const hdf5::Handle dataset = hdf5::open_dataset(file, path);
  const auto kind = hdf5::element_type(dataset.id()).kind;
  return (kind == hdf5::ElementType::Kind::kNumber || kind == hdf5::ElementType::Kind::kBoolean) &&
         hdf5::dimensions(dataset.id()).size() == 2;
}

MatrixInfo describe_matrix(hid_t file, std::string_view path) {
  MatrixInfo info;
  info.path = path;
  if (hdf5::is_group(file, path)) return describe_sparse(hdf5::open_group(file, path), std::move(info));
  const hdf5::Handle dataset = hdf5::open_dataset(file, path);
  hdf5::check_plausible_size(dataset.id());
  const auto shape = hdf5::dimensions(dataset.id());
  if (!std::in_range<core::GeneIndex>(shape[1])) {
    throw hdf5::error_at(dataset.id(),
                         {.found = fmt::format("has {} columns", shape[1]), .next_step = hdf5::kWriteAgain});
  }
  info.layout = Layout::kDense;
  info.n_cells = shape[0];
  info.n_genes = core::narrow<core::GeneIndex>(shape[1]);
  info.nnz = info.n_cells * info.n_genes;
  return info;
}

void check_indptr(std::span<const std::int64_t> indptr, std::int64_t first, std::int64_t nnz, bool is_last,
                  const core::Problem& where) {
  for (std::size_t i = 0; i < indptr.size(); ++i) {
    const std::int64_t least = i == 0 ? 0 : indptr[i - 1];
    const bool starts_at_zero = i > 0 || first > 0 || indptr[0] == 0;
    if (indptr[i] >= least && indptr[i] <= nnz && starts_at_zero) continue;
    throw core::InputError({.file = where.file,
                            .matrix = where.matrix,
                            .found = fmt::format("indptr[{}] is {}", first + static_cast<std::int64_t>(i), indptr[i]),
                            .expected = fmt::format("{} to {}", least, starts_at_zero ? nnz : 0),
                            .next_step = hdf5::kWriteAgain});
  }
  if (!is_last || indptr.back() == nnz) return;
  throw core::InputError(
      {.file = where.file,
       .matrix = where.matrix,
       .found = fmt::format("indptr ends at {}, but there are {}", indptr.back(), core::plural(nnz, "value")),
       .next_step = hdf5::kWriteAgain});
}

void refuse_zeroed_indices(std::span<const std::int32_t> indices, std::int64_t first,
                           std::span<const std::int64_t> offsets, const core::Problem& where) {
  constexpr std::int64_t kMostRepeats = 32;  // a hole of 512 bytes has 64 numbers or more
  if (!any_two_zeros(indices)) return;
  std::int64_t n_repeats = 0;
  bool is_odd = false;  // no row that repeats its first entry looks so
  auto row_begin = std::upper_bound(offsets.begin(), offsets.end(), first);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::int64_t at = first + static_cast<std::int64_t>(i);
    bool begins_row = i == 0;
    for (; row_begin != offsets.end() && *row_begin <= at; ++row_begin) begins_row = true;
    if (indices[i] != 0) {
      n_repeats = 0;
      is_odd = false;
    } else if (begins_row) {
      is_odd = is_odd || n_repeats > 0;
    } else if (indices[i - 1] != 0) {
      is_odd = true;
    } else if (++n_repeats >= kMostRepeats && is_odd) {
      throw core::InputError({.file = where.file,
                              .matrix = where.matrix,
                              .found = fmt::format("its indices up to entry {} are zeros, as a hole in a file leaves "
                                                   "them",
                                                   core::format_count(at)),
                              .next_step = hdf5::kCopyAgain});
    }
  }
}

void refuse_zeroed_offsets(std::int64_t n_empty, std::vector<std::int32_t> first_row, const core::Problem& where) {
  constexpr std::int64_t kLeastOfHole = 8;  // 64 bytes
  if (n_empty < kLeastOfHole) return;
  std::ranges::sort(first_row);
  if (std::ranges::adjacent_find(first_row) == first_row.end()) return;
  throw core::InputError(
      {.file = where.file,
       .matrix = where.matrix,
       .found = fmt::format("indptr begins with {} zeros, and what they skip is in the next row, as a hole in a file "
                            "leaves it",
                            core::format_count(n_empty + 1)),
       .next_step = hdf5::kCopyAgain});
}

void tidy_rows(sparse::CsrMatrix& block) {
  bool sorted = true;
  for (CellIndex cell = 0; cell < block.n_cells && sorted; ++cell) {
    sorted = sparse::strictly_ascending(block.row(cell).indices);
  }
  if (!sorted) sparse::sort_and_sum(block);
  if (!any_zero(block.data)) return;
  std::size_t out = 0;
  std::size_t in = 0;
  for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
    auto& row_end = block.indptr[static_cast<std::size_t>(cell) + 1];
    for (const auto end = static_cast<std::size_t>(row_end); in < end; ++in) {
      if (block.data[in] == 0.0F) continue;
      block.indices[out] = block.indices[in];
      block.data[out++] = block.data[in];
    }
    row_end = static_cast<std::int64_t>(out);
  }
  block.indices.resize(out);
  block.data.resize(out);
}

}  // namespace sctab::h5ad
