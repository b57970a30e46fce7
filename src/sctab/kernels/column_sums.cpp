#include "sctab/kernels/column_sums.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

// Every part of the cells keeps its own sums, so parts are long, and no more of them than this.
constexpr std::int64_t kMinCells = 128;
constexpr std::int64_t kMaxParts = 64;
constexpr std::int64_t kGenesPerTask = 4096;

template <std::size_t kTerms>
using Sums = std::vector<std::array<double, kTerms>>;  // one entry a gene

// For every gene the sums of terms(value) over its non-zeros.
template <std::size_t kTerms, typename Terms>
Sums<kTerms> sum_terms(const sparse::CsrView& x, const Terms& terms) {
  const auto n_genes = static_cast<std::size_t>(x.n_genes);
  const std::int64_t part_size = std::max(kMinCells, (x.n_cells + kMaxParts - 1) / kMaxParts);
  const auto n_parts = static_cast<std::size_t>(std::max<std::int64_t>(1, (x.n_cells + part_size - 1) / part_size));
  std::vector<Sums<kTerms>> parts(n_parts);
  parts[0].resize(n_genes);
  parallel_blocks(x.n_cells, part_size, [&](std::int64_t first, std::int64_t last) {
    Sums<kTerms>& sums = parts[static_cast<std::size_t>(first / part_size)];
    sums.resize(n_genes);
    const auto end = static_cast<std::size_t>(x.indptr[static_cast<std::size_t>(last)]);
    for (auto i = static_cast<std::size_t>(x.indptr[static_cast<std::size_t>(first)]); i < end; ++i) {
      const std::array<double, kTerms> added = terms(static_cast<double>(x.data[i]));
      auto& sum = sums[static_cast<std::size_t>(x.indices[i])];
      for (std::size_t t = 0; t < kTerms; ++t) sum[t] += added[t];
    }
  });
  parallel_blocks(x.n_genes, kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::size_t part = 1; part < n_parts; ++part) {
      for (auto gene = static_cast<std::size_t>(first); gene < static_cast<std::size_t>(last); ++gene) {
        for (std::size_t t = 0; t < kTerms; ++t) parts[0][gene][t] += parts[part][gene][t];
      }
    }
  });
  return std::move(parts[0]);
}

}  // namespace

void column_sums(sparse::CsrView x, std::span<float> sums) {
  SCTAB_ASSERT(std::ssize(sums) == x.n_genes);
  const Sums<1> totals = sum_terms<1>(x, [](double value) { return std::array{value}; });
  std::transform(totals.begin(), totals.end(), sums.begin(),
                 [](const auto& total) { return static_cast<float>(total[0]); });
}

void column_moments(sparse::CsrView x, std::span<float> mean, std::span<float> variance) {
  SCTAB_ASSERT(x.n_cells >= 1 && std::ssize(mean) == x.n_genes && std::ssize(variance) == x.n_genes);
  const Sums<2> totals = sum_terms<2>(x, [](double value) { return std::array{value, value * value}; });
  const auto n = static_cast<double>(x.n_cells);
  for (std::size_t gene = 0; gene < totals.size(); ++gene) {
    const auto [sum, squares] = totals[gene];
    const double gene_mean = sum / n;
    mean[gene] = static_cast<float>(gene_mean);
    variance[gene] = static_cast<float>(std::max(squares / n - gene_mean * gene_mean, 0.0));
  }
}

}  // namespace sctab::kernels
