#include "sctab/kernels/csr_transpose.hpp"

#include <algorithm>
#include <vector>

#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

// Each part of the rows needs a counter per column: few parts, yet more than there are likely to be threads.
constexpr std::int64_t kParts = 16;

}  // namespace

void csr_transpose(sparse::CsrView x, sparse::CsrMatrix& out) {
  const auto n_columns = static_cast<std::size_t>(x.n_genes);
  const auto nnz = static_cast<std::size_t>(x.nnz());
  out.n_cells = x.n_genes;
  out.n_genes = core::narrow<sparse::GeneIndex>(x.n_cells);
  out.indptr.assign(n_columns + 1, 0);
  out.indices.resize(nnz);
  out.data.resize(nnz);
  if (nnz == 0) return;

  const std::int64_t part_size = (x.n_cells + kParts - 1) / kParts;
  const auto n_parts = static_cast<std::size_t>((x.n_cells + part_size - 1) / part_size);
  const auto begin_of = [&](std::int64_t row) {
    return static_cast<std::size_t>(x.indptr[static_cast<std::size_t>(row)]);
  };
  // Of each part and column: first how many non-zeros, then where the next one goes.
  std::vector<std::int64_t> next(n_parts * n_columns, 0);
  parallel_blocks(x.n_cells, part_size, [&](std::int64_t first, std::int64_t last) {
    std::int64_t* counts = next.data() + first / part_size * x.n_genes;
    for (std::size_t i = begin_of(first); i < begin_of(last); ++i) ++counts[x.indices[i]];
  });
  std::int64_t offset = 0;
  for (std::size_t column = 0; column < n_columns; ++column) {
    for (std::size_t part = 0; part < n_parts; ++part) {
      std::int64_t& count = next[part * n_columns + column];
      offset += std::exchange(count, offset);
    }
    out.indptr[column + 1] = offset;
  }
  parallel_blocks(x.n_cells, part_size, [&](std::int64_t first, std::int64_t last) {
    std::int64_t* places = next.data() + first / part_size * x.n_genes;
    for (std::int64_t row = first; row < last; ++row) {
      for (std::size_t i = begin_of(row); i < begin_of(row + 1); ++i) {
        const auto at = static_cast<std::size_t>(places[x.indices[i]]++);
        out.indices[at] = static_cast<sparse::GeneIndex>(row);
        out.data[at] = x.data[i];
      }
    }
  });
}

}  // namespace sctab::kernels
