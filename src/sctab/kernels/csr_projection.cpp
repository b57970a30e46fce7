#include "sctab/kernels/csr_projection.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "sctab/kernels/cpu/csr_projection.hpp"
#include "sctab/kernels/cpu/dot.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

// One task writes this many columns, from all rows, so that what it writes stays in the cache until it is whole.
constexpr std::int64_t kColumnsPerTask = 512;
constexpr std::int64_t kRowsPerTask = 128, kSampledRowsPerTask = 64;

// Where the non-zeros of every task begin in every row: n_rows × (n_tasks + 1).
struct Cuts {
  std::size_t n_tasks;
  std::vector<std::size_t> begin;

  explicit Cuts(const sparse::CsrView& x)
      : n_tasks(static_cast<std::size_t>((x.n_genes + kColumnsPerTask - 1) / kColumnsPerTask)),
        begin(static_cast<std::size_t>(x.n_cells) * (n_tasks + 1)) {
    parallel_blocks(x.n_cells, kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
      for (auto row = static_cast<std::size_t>(first); row < static_cast<std::size_t>(last); ++row) {
        auto from = x.indices.begin() + x.indptr[row];
        for (std::size_t task = 0; task <= n_tasks; ++task) {
          from = std::lower_bound(from, x.indices.begin() + x.indptr[row + 1],
                                  static_cast<std::int64_t>(task) * kColumnsPerTask);
          begin[row * (n_tasks + 1) + task] = static_cast<std::size_t>(from - x.indices.begin());
        }
      }
    });
  }
  // visit(row, non-zero) for all of one task, row by row.
  template <typename Visit>
  void for_each(std::size_t task, const Visit& visit) const {
    for (std::size_t row = 0, at = task; at < begin.size(); ++row, at += n_tasks + 1) {
      for (std::size_t i = begin[at], end = begin[at + 1]; i < end; ++i) visit(row, i);
    }
  }
};

void project(const sparse::CsrView& x, std::span<const float> weights, std::int64_t width, bool overwrite,
             std::span<float> out) {
  SCTAB_ASSERT(width >= 1 && std::ssize(weights) == x.n_genes * width && std::ssize(out) == x.n_cells * width);
  parallel_blocks(x.n_cells, cpu::kProjectionRows, [&](std::int64_t first, std::int64_t last) {
    if (overwrite) std::fill(out.begin() + first * width, out.begin() + last * width, 0.0F);
    cpu::add_csr_projection(rows_of(x, first, last), nullptr, weights.data(), width, out.data() + first * width);
  });
}

}  // namespace

void csr_projection(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out) {
  project(x, weights, width, true, out);
}

void csr_projection_add(sparse::CsrView x, std::span<const float> weights, std::int64_t width, std::span<float> out) {
  project(x, weights, width, false, out);
}

void csr_transpose(sparse::CsrView x, sparse::CsrMatrix& out) {
  const auto nnz = static_cast<std::size_t>(x.nnz());
  out.n_cells = x.n_genes;
  out.n_genes = core::narrow<sparse::GeneIndex>(x.n_cells);
  out.indptr.assign(static_cast<std::size_t>(x.n_genes) + 1, 0);
  out.indices.resize(nnz);
  out.data.resize(nnz);
  const Cuts cuts(x);
  parallel_for(static_cast<std::int64_t>(cuts.n_tasks), [&](std::int64_t task) {
    cuts.for_each(static_cast<std::size_t>(task),
                  [&](std::size_t, std::size_t i) { ++out.indptr[static_cast<std::size_t>(x.indices[i]) + 1]; });
  });
  std::partial_sum(out.indptr.begin(), out.indptr.end(), out.indptr.begin());
  parallel_for(static_cast<std::int64_t>(cuts.n_tasks), [&](std::int64_t task) {
    const std::int64_t first = task * kColumnsPerTask,
                       last = std::min<std::int64_t>(first + kColumnsPerTask, x.n_genes);
    std::vector<std::int64_t> next(out.indptr.begin() + first, out.indptr.begin() + last);
    cuts.for_each(static_cast<std::size_t>(task), [&](std::size_t row, std::size_t i) {
      const auto at = static_cast<std::size_t>(next[static_cast<std::size_t>(x.indices[i] - first)]++);
      out.indices[at] = static_cast<sparse::GeneIndex>(row);
      out.data[at] = x.data[i];
    });
  });
}

void sampled_product(sparse::CsrView pattern, std::span<const float> left, std::span<const float> right,
                     std::int64_t width, std::span<float> values) {
  SCTAB_ASSERT(std::ssize(left) == pattern.n_cells * width && std::ssize(right) == pattern.n_genes * width);
  SCTAB_ASSERT(std::ssize(values) == pattern.nnz());
  parallel_blocks(pattern.n_cells, kSampledRowsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const sparse::RowView columns = pattern.row(row);
      cpu::gathered_dots(left.data() + row * width, right.data(), width, columns.indices,
                         values.data() + row_begin(pattern, row));
    }
  });
}

}  // namespace sctab::kernels
