#include "sctab/kernels/gene_layer.hpp"

#include <algorithm>
#include <vector>

#include "sctab/kernels/aligned_array.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/cpu/csr_projection.hpp"
#include "sctab/kernels/cpu/dot.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kGenesPerPart = 1024;
constexpr std::int64_t kGenesPerTask = 256;
constexpr std::int64_t kCellsPerTask = 64;
constexpr std::int64_t kNonZerosPerTask = 1 << 14;

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

// One value a non-zero of the mask, set by whoever writes first.
class Values {
 public:
  explicit Values(const sparse::CsrView& mask) : size_(static_cast<std::size_t>(mask.nnz())), values_(size_) {}
  float& operator[](std::size_t at) { return values_.data()[at]; }
  float operator[](std::size_t at) const { return values_.data()[at]; }
  operator std::span<float>() { return {values_.data(), size_}; }
  operator std::span<const float>() const { return {values_.data(), size_}; }

 private:
  std::size_t size_;
  AlignedArray<float> values_;
};

// x at the non-zeros of the mask, in the mask's order; often 0.
Values values_seen(const sparse::CsrView& x, const sparse::CsrView& mask) {
  Values seen(mask);
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      const sparse::RowView values = x.row(cell);
      const std::size_t n = values.indices.size();
      std::size_t at = row_begin(mask, cell), v = 0;
      for (const sparse::GeneIndex gene : mask.row(cell).indices) {
        while (v + 8 < n && values.indices[v + 8] <= gene) v += 8;  // a cell has many genes, its mask few
        while (v < n && values.indices[v] < gene) ++v;
        seen[at++] = v < n && values.indices[v] == gene ? values.data[v] : 0.0F;
      }
    }
  });
  return seen;
}

// visit(place, gene) for every non-zero of the mask.
template <typename Visit>
void for_each_seen(const sparse::CsrView& mask, const Visit& visit) {
  parallel_blocks(mask.nnz(), kNonZerosPerTask, [&](std::int64_t first, std::int64_t last) {
    for (auto at = static_cast<std::size_t>(first); at < static_cast<std::size_t>(last); ++at) {
      visit(at, static_cast<std::size_t>(mask.indices[at]));
    }
  });
}

void check_masked_shapes(const sparse::CsrView& x, const sparse::CsrView& mask, std::int64_t n_genes,
                         std::int64_t width, std::int64_t n_out) {
  SCTAB_ASSERT(x.n_cells == mask.n_cells && x.n_genes == mask.n_genes && x.n_genes == n_genes);
  SCTAB_ASSERT(n_out == x.n_cells * width && mask.indptr[0] == 0);
}

// mask_ij · (scale_j · x_ij + shift_j)
template <typename Layer>
Values masked_input(const Values& seen, const sparse::CsrView& mask, const Layer& layer) {
  Values input(mask);
  for_each_seen(mask, [&](std::size_t at, std::size_t gene) {
    input[at] = mask.data[at] * (layer.scale[gene] * seen[at] + layer.shift[gene]);
  });
  return input;
}

void add_column_sums(const sparse::CsrView& terms, std::span<float> sums) {
  std::vector<float> added(sums.size());
  column_sums(terms, added);
  for (std::size_t gene = 0; gene < sums.size(); ++gene) sums[gene] += added[gene];
}

}  // namespace

std::vector<float> project_shift(const GeneLayer& layer) {
  const auto width = static_cast<std::size_t>(layer.width);
  const std::int64_t n_parts = (layer.n_genes() + kGenesPerPart - 1) / kGenesPerPart;
  // In double: this sum over all genes cancels against that of a cell's non-zeros. Parts of the genes are summed in
  // order, for any number of threads.
  std::vector<double> parts(static_cast<std::size_t>(std::max<std::int64_t>(n_parts, 1)) * width, 0.0);
  parallel_blocks(layer.n_genes(), kGenesPerPart, [&](std::int64_t first, std::int64_t last) {
    double* sums = parts.data() + first / kGenesPerPart * layer.width;
    for (std::int64_t gene = first; gene < last; ++gene) {
      const auto shift = static_cast<double>(layer.shift[static_cast<std::size_t>(gene)]);
      const float* weights = layer.weights.data() + gene * layer.width;
      for (std::int64_t c = 0; c < layer.width; ++c) sums[c] += shift * static_cast<double>(weights[c]);
    }
  });
  for (std::size_t i = width; i < parts.size(); ++i) parts[i % width] += parts[i];
  return {parts.begin(), parts.begin() + layer.width};
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

void masked_gene_projection(sparse::CsrView x, sparse::CsrView mask, const GeneLayer& layer, std::span<float> out) {
  check_masked_shapes(x, mask, layer.n_genes(), layer.width, std::ssize(out));
  const Values input = masked_input(values_seen(x, mask), mask, layer);
  csr_projection(with_values(mask, input), layer.weights, layer.width, out);
}

void masked_gene_projection_half(sparse::CsrView x, sparse::CsrView mask, const HalfGeneLayer& layer,
                                 std::span<float> out) {
  const std::int64_t width = layer.weights.width();
  check_masked_shapes(x, mask, layer.weights.n_rows(), width, std::ssize(out));
  const Values input = masked_input(values_seen(x, mask), mask, layer);
  parallel_blocks(x.n_cells, cpu::kProjectionRows, [&](std::int64_t first, std::int64_t last) {
    float* rows = out.data() + first * width;
    std::fill(rows, rows + (last - first) * width, 0.0F);
    // The weights' row scales are in the layer's scale and shift.
    cpu::add_csr_projection(rows_of(with_values(mask, input), first, last), nullptr, layer.weights.halves(), width,
                            rows);
  });
}

void masked_gene_projection_backward(sparse::CsrView x, sparse::CsrView mask, const GeneLayer& layer,
                                     std::span<const float> dout, const GeneLayerGradient& gradient,
                                     std::span<float> dmask) {
  check_masked_shapes(x, mask, layer.n_genes(), layer.width, std::ssize(dout));
  SCTAB_ASSERT(std::ssize(dmask) == mask.nnz());
  const Values seen = values_seen(x, mask), input = masked_input(seen, mask, layer);
  sparse::CsrMatrix by_gene;
  csr_transpose(with_values(mask, input), by_gene);
  csr_projection_add(by_gene.view(), dout, layer.width, gradient.weights);

  Values dinput(mask), dscale(mask);
  sampled_product(mask, dout, layer.weights, layer.width, dinput);
  for_each_seen(mask, [&](std::size_t at, std::size_t gene) {
    dmask[at] += dinput[at] * (layer.scale[gene] * seen[at] + layer.shift[gene]);
    dinput[at] *= mask.data[at];
    dscale[at] = dinput[at] * seen[at];
  });
  add_column_sums(with_values(mask, dinput), gradient.shift);
  add_column_sums(with_values(mask, dscale), gradient.scale);
}

}  // namespace sctab::kernels
