#include "sctab/augment/assay_noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::augment {
namespace {

constexpr std::int64_t kCellsPerTask = 16;
constexpr double kMostNoise = 5;  // factors beyond e^15 would leave one gene of a cell

/// Moves the rows of a matrix, each at the place that indptr gives and of this length, behind one another.
void close_gaps(sparse::CsrMatrix& matrix, const std::vector<std::int64_t>& lengths) {
  std::int64_t end = 0;
  for (std::size_t cell = 0; cell < lengths.size(); ++cell) {
    const std::int64_t begin = matrix.indptr[cell];
    std::copy_n(matrix.indices.begin() + begin, lengths[cell], matrix.indices.begin() + end);
    std::copy_n(matrix.data.begin() + begin, lengths[cell], matrix.data.begin() + end);
    matrix.indptr[cell] = end;
    end += lengths[cell];
  }
  matrix.indptr.back() = end;
  matrix.indices.resize(static_cast<std::size_t>(end));
  matrix.data.resize(static_cast<std::size_t>(end));
}

}  // namespace

void AssayNoiseOptions::validate() const {
  if (!(gene_dropout >= 0 && gene_dropout < 1)) {
    throw core::InputError({.subject = "--gene-dropout",
                            .found = fmt::format("{}", gene_dropout),
                            .expected = "a share of a cell's genes, from 0 to below 1"});
  }
  if (!(gene_noise >= 0 && gene_noise <= kMostNoise)) {
    throw core::InputError({.subject = "--gene-noise",
                            .found = fmt::format("{}", gene_noise),
                            .expected = fmt::format("a standard deviation of the logarithm, 0 to {}", kMostNoise)});
  }
}

AssayNoise::AssayNoise(const AssayNoiseOptions& options, std::uint64_t seed)
    : options_(options), rng_(core::Rng(seed).child("assay noise")) {
  options_.validate();
}

sparse::CsrView AssayNoise::add(sparse::CsrView log_norm, std::int64_t epoch, std::int64_t batch) {
  const core::Rng rng =
      rng_.child("epoch", static_cast<std::uint64_t>(epoch)).child("batch", static_cast<std::uint64_t>(batch));
  draw_factors(log_norm.n_genes, rng);
  noisy_.n_cells = log_norm.n_cells;
  noisy_.n_genes = log_norm.n_genes;
  noisy_.indptr.assign(static_cast<std::size_t>(log_norm.n_cells) + 1, 0);
  for (sparse::CellIndex cell = 0; cell < log_norm.n_cells; ++cell) {
    const auto at = static_cast<std::size_t>(cell);
    noisy_.indptr[at + 1] = noisy_.indptr[at] + std::ssize(log_norm.row(cell).data);
  }
  noisy_.indices.resize(static_cast<std::size_t>(noisy_.nnz()));
  noisy_.data.resize(static_cast<std::size_t>(noisy_.nnz()));
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(log_norm.n_cells));
  kernels::parallel_blocks(log_norm.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      const auto at = static_cast<std::size_t>(cell);
      lengths[at] = add_to_cell(log_norm.row(cell), rng.child("cell", at), noisy_.indices.data() + noisy_.indptr[at],
                                noisy_.data.data() + noisy_.indptr[at]);
    }
  });
  close_gaps(noisy_, lengths);
  return noisy_.view();
}

void AssayNoise::draw_factors(sparse::GeneIndex n_genes, const core::Rng& rng) {
  factors_.assign(static_cast<std::size_t>(n_genes), 1.0F);
  if (options_.gene_noise == 0) return;
  core::Rng draws = rng.child("genes");
  const double deviation = options_.gene_noise * draws.uniform();
  for (float& factor : factors_) factor = static_cast<float>(std::exp(deviation * draws.normal()));
}

/// Returns the number of genes that are left, whose numbers and values it writes.
std::int64_t AssayNoise::add_to_cell(sparse::RowView cell, core::Rng rng, sparse::GeneIndex* genes,
                                     float* values) const {
  const double share = options_.gene_dropout * rng.uniform();
  double total = 0, total_left = 0;
  std::int64_t n_left = 0;
  for (std::size_t i = 0; i < cell.data.size(); ++i) {
    const float counts = std::expm1(cell.data[i]);
    total += static_cast<double>(counts);
    if (rng.uniform() < share) continue;
    genes[n_left] = cell.indices[i];
    values[n_left] = counts * factors_[static_cast<std::size_t>(cell.indices[i])];
    total_left += static_cast<double>(values[n_left++]);
  }
  if (!(total_left > 0)) {
    std::ranges::copy(cell.indices, genes);
    std::ranges::copy(cell.data, values);
    return std::ssize(cell.data);
  }
  const auto scale = static_cast<float>(total / total_left);
  for (std::int64_t i = 0; i < n_left; ++i) values[i] = std::log1p(values[i] * scale);
  return n_left;
}

}  // namespace sctab::augment
