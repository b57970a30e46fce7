#include <algorithm>
#include <vector>

#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/csr_rows.hpp"
#include "sctab/kernels/csr_transpose.hpp"
#include "sctab/kernels/gene_layer.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/kernels/sampled_product.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kCellsPerTask = 64;

// visit(place, gene, x_ij) for every non-zero of the mask; x_ij is often 0.
template <typename Visit>
void for_each_seen(const sparse::CsrView& x, const sparse::CsrView& mask, const Visit& visit) {
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t cell = first; cell < last; ++cell) {
      const sparse::RowView values = x.row(cell);
      const std::span<const sparse::GeneIndex> seen = mask.row(cell).indices;
      std::size_t at = row_begin(mask, cell), v = 0;
      for (const sparse::GeneIndex gene : seen) {
        while (v < values.indices.size() && values.indices[v] < gene) ++v;
        const bool found = v < values.indices.size() && values.indices[v] == gene;
        visit(at++, static_cast<std::size_t>(gene), found ? values.data[v] : 0.0F);
      }
    }
  });
}

void check_shapes(const sparse::CsrView& x, const sparse::CsrView& mask, const GeneLayer& layer, std::int64_t n_out) {
  SCTAB_ASSERT(x.n_cells == mask.n_cells && x.n_genes == mask.n_genes && x.n_genes == layer.n_genes());
  SCTAB_ASSERT(n_out == x.n_cells * layer.width && mask.indptr[0] == 0);
}

// mask_ij · (scale_j · x_ij + shift_j)
std::vector<float> masked_input(const sparse::CsrView& x, const sparse::CsrView& mask, const GeneLayer& layer) {
  std::vector<float> values(static_cast<std::size_t>(mask.nnz()));
  for_each_seen(x, mask, [&](std::size_t at, std::size_t gene, float value) {
    values[at] = mask.data[at] * (layer.scale[gene] * value + layer.shift[gene]);
  });
  return values;
}

void add_column_sums(const sparse::CsrView& terms, std::span<float> sums) {
  std::vector<float> added(sums.size());
  column_sums(terms, added);
  for (std::size_t gene = 0; gene < sums.size(); ++gene) sums[gene] += added[gene];
}

}  // namespace

void masked_gene_projection(sparse::CsrView x, sparse::CsrView mask, const GeneLayer& layer, std::span<float> out) {
  check_shapes(x, mask, layer, std::ssize(out));
  const std::vector<float> input = masked_input(x, mask, layer);
  csr_projection(with_values(mask, input), layer.weights, layer.width, out);
}

void masked_gene_projection_backward(sparse::CsrView x, sparse::CsrView mask, const GeneLayer& layer,
                                     std::span<const float> dout, const GeneLayerGradient& gradient,
                                     std::span<float> dmask) {
  check_shapes(x, mask, layer, std::ssize(dout));
  SCTAB_ASSERT(std::ssize(dmask) == mask.nnz());
  const std::vector<float> input = masked_input(x, mask, layer);
  sparse::CsrMatrix by_gene;
  csr_transpose(with_values(mask, input), by_gene);
  csr_projection_add(by_gene.view(), dout, layer.width, gradient.weights);

  std::vector<float> dinput(input.size()), dscale(input.size());
  sampled_product(mask, dout, layer.weights, layer.width, dinput);
  for_each_seen(x, mask, [&](std::size_t at, std::size_t gene, float value) {
    dmask[at] += dinput[at] * (layer.scale[gene] * value + layer.shift[gene]);
    dinput[at] *= mask.data[at];
    dscale[at] = dinput[at] * value;
  });
  add_column_sums(with_values(mask, dinput), gradient.shift);
  add_column_sums(with_values(mask, dscale), gradient.scale);
}

}  // namespace sctab::kernels
