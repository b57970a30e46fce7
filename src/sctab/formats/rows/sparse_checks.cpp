#include "sctab/formats/rows/sparse_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::rows {
namespace {

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

/// Turns a row whose indices descend, as Cell Ranger writes them, which takes far less than sorting it. False where
/// they do not.
bool turn_descending_row(sparse::CsrMatrix& block, CellIndex cell) {
  const auto begin = static_cast<std::ptrdiff_t>(block.indptr[static_cast<std::size_t>(cell)]);
  const auto end = static_cast<std::ptrdiff_t>(block.indptr[static_cast<std::size_t>(cell) + 1]);
  const auto indices =
      std::span(block.indices).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  int rises = 0;  // without branches, so that it is done several at a time
  for (std::size_t i = 1; i < indices.size(); ++i) rises |= static_cast<int>(indices[i] >= indices[i - 1]);
  if (rises != 0) return false;
  std::ranges::reverse(indices);
  std::reverse(block.data.begin() + begin, block.data.begin() + end);
  return true;
}

}  // namespace

void require_lengths(const SparseArrays& matrix, std::int64_t n_rows) {
  SCTAB_ASSERT(matrix.n_cells >= 0 && matrix.n_genes >= 0 && matrix.nnz >= 0);
  const auto fail = [&](std::string found, std::string expected) {
    throw core::InputError({.file = matrix.where.file,
                            .matrix = matrix.where.matrix,
                            .found = std::move(found),
                            .expected = std::move(expected),
                            .next_step = arrays::kWriteAgain});
  };
  const std::int64_t n_indices = matrix.indices->size(), n_values = matrix.data->size();
  if (n_indices != n_values) fail(fmt::format("has {} values but {} indices", n_values, n_indices), {});
  if (n_values != matrix.nnz) fail("has " + core::plural(n_values, "value"), fmt::format("{}", matrix.nnz));
  if (matrix.indptr->size() == n_rows + 1) return;
  fail(fmt::format("indptr has {}", core::plural(matrix.indptr->size(), "entry", "entries")),
       fmt::format("{} for {} × {}", n_rows + 1, matrix.n_cells, matrix.n_genes));
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
                            .next_step = arrays::kWriteAgain});
  }
  if (!is_last || indptr.back() == nnz) return;
  throw core::InputError(
      {.file = where.file,
       .matrix = where.matrix,
       .found = fmt::format("indptr ends at {}, but there are {}", indptr.back(), core::plural(nnz, "value")),
       .next_step = arrays::kWriteAgain});
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
                              .next_step = arrays::kCopyAgain});
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
       .next_step = arrays::kCopyAgain});
}

void tidy_rows(sparse::CsrMatrix& block) {
  bool sorted = true;
  for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
    sorted = (sparse::strictly_ascending(block.row(cell).indices) || turn_descending_row(block, cell)) && sorted;
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

}  // namespace sctab::rows
