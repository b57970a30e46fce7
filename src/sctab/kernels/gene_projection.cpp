#include <cblas.h>

#include <algorithm>
#include <vector>

#include "sctab/kernels/cpu/csr_projection.hpp"
#include "sctab/kernels/cpu/dot.hpp"
#include "sctab/kernels/csr_rows.hpp"
#include "sctab/kernels/gene_layer.hpp"
#include "sctab/kernels/half_gene_layer.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kGenesPerPart = 1024;
constexpr std::int64_t kGenesPerTask = 256;

std::vector<float> sum_rows(std::span<const float> rows, std::int64_t width) {
  std::vector<double> sums(static_cast<std::size_t>(width), 0.0);
  for (std::size_t begin = 0; begin < rows.size(); begin += sums.size()) {
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += static_cast<double>(rows[begin + c]);
  }
  return {sums.begin(), sums.end()};
}

void check_shapes(const GeneLayer& layer, std::int64_t n_genes, std::int64_t n_cells, std::int64_t n_out) {
  SCTAB_ASSERT(n_genes == layer.n_genes() && layer.shift.size() == layer.scale.size());
  SCTAB_ASSERT(layer.width >= 1 && std::ssize(layer.weights) == layer.n_genes() * layer.width);
  SCTAB_ASSERT(n_out == n_cells * layer.width);
}

// constant + (x · diag(scale)) · weights
template <typename Weight>
void project(const sparse::CsrView& x, std::span<const float> scale, const Weight* weights,
             std::span<const float> constant, std::span<float> out) {
  const std::int64_t width = std::ssize(constant);
  parallel_blocks(x.n_cells, cpu::kProjectionRows, [&](std::int64_t first, std::int64_t last) {
    float* rows = out.data() + first * width;
    for (std::int64_t row = 0; row < last - first; ++row) {
      std::copy(constant.begin(), constant.end(), rows + row * width);
    }
    cpu::add_csr_projection(rows_of(x, first, last), scale.data(), weights, width, rows);
  });
}

}  // namespace

std::vector<float> project_shift(const GeneLayer& layer) {
  const auto width = static_cast<std::size_t>(layer.width);
  const std::int64_t n_parts = (layer.n_genes() + kGenesPerPart - 1) / kGenesPerPart;
  // Parts of the genes are summed in order, whatever the threads.
  std::vector<float> parts(static_cast<std::size_t>(std::max<std::int64_t>(n_parts, 1)) * width, 0.0F);
  parallel_blocks(layer.n_genes(), kGenesPerPart, [&](std::int64_t first, std::int64_t last) {
    cblas_sgemv(CblasRowMajor, CblasTrans, static_cast<int>(last - first), static_cast<int>(layer.width), 1.0F,
                layer.weights.data() + first * layer.width, static_cast<int>(layer.width), layer.shift.data() + first,
                1, 0.0F, parts.data() + first / kGenesPerPart * layer.width, 1);
  });
  std::vector<float> total(parts.begin(), parts.begin() + layer.width);
  for (std::size_t i = width; i < parts.size(); ++i) total[i % width] += parts[i];
  return total;
}

void gene_projection(sparse::CsrView x, const GeneLayer& layer, std::span<float> out) {
  check_shapes(layer, x.n_genes, x.n_cells, std::ssize(out));
  const bool is_given = !layer.constant.empty();
  SCTAB_ASSERT(!is_given || std::ssize(layer.constant) == layer.width);
  const std::vector<float> found = is_given ? std::vector<float>{} : project_shift(layer);
  project(x, layer.scale, layer.weights.data(), is_given ? layer.constant : found, out);
}

HalfGeneLayer::HalfGeneLayer(const GeneLayer& layer)
    : weights(layer.weights, layer.width),
      scale(layer.scale.begin(), layer.scale.end()),
      shift(layer.shift.begin(), layer.shift.end()),
      constant(project_shift(layer)) {
  check_shapes(layer, weights.n_rows(), 0, 0);
  for (std::size_t gene = 0; gene < scale.size(); ++gene) {
    scale[gene] *= weights.row_scale()[gene];
    shift[gene] *= weights.row_scale()[gene];
  }
}

void gene_projection_half(sparse::CsrView x, const HalfGeneLayer& layer, std::span<float> out) {
  SCTAB_ASSERT(x.n_genes == layer.weights.n_rows() && std::ssize(out) == x.n_cells * layer.weights.width());
  project(x, layer.scale, layer.weights.halves(), layer.constant, out);
}

void gene_projection_backward(sparse::CsrView by_gene, const GeneLayer& layer, std::span<const float> dout,
                              const GeneLayerGradient& gradient) {
  check_shapes(layer, by_gene.n_cells, by_gene.n_genes, std::ssize(dout));
  const std::vector<float> total = sum_rows(dout, layer.width);
  const std::int64_t width = layer.width;
  // Products of x and dout live for one task alone: with p_j = sum_i x_ij · dout_i, dw_j = scale_j · p_j + shift_j ·
  // total, dscale_j = w_j · p_j and dshift_j = w_j · total.
  parallel_blocks(layer.n_genes(), kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    const std::int64_t n = last - first;
    std::vector<float> products(static_cast<std::size_t>(n * width), 0.0F), dots(static_cast<std::size_t>(n));
    cpu::add_csr_projection(rows_of(by_gene, first, last), nullptr, dout.data(), width, products.data());
    cpu::row_dots(products.data(), layer.weights.data() + first * width, n, width, dots.data());
    for (std::int64_t i = 0; i < n; ++i) {
      const auto gene = static_cast<std::size_t>(first + i);
      const float* product = products.data() + i * width;
      float* dweights = gradient.weights.data() + (first + i) * width;
      for (std::int64_t c = 0; c < width; ++c) {
        dweights[c] += layer.scale[gene] * product[c] + layer.shift[gene] * total[static_cast<std::size_t>(c)];
      }
      gradient.scale[gene] += dots[static_cast<std::size_t>(i)];
      float dshift = 0;
      cpu::row_dots(total.data(), layer.weights.data() + (first + i) * width, 1, width, &dshift);
      gradient.shift[gene] += dshift;
    }
  });
}

}  // namespace sctab::kernels
