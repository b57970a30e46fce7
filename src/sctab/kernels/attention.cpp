#include "sctab/kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "sctab/kernels/activation_moments.hpp"
#include "sctab/kernels/cpu/dot.hpp"
#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/cpu/score_scan.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

constexpr std::int64_t kCellsPerTask = 64;
constexpr std::int64_t kGenesPerTask = 256;

// Batch norm, the prior and the panels' own scale folded into one scale and shift for every virtual batch and gene,
// padded to whole panels.
struct FoldedScores {
  std::int64_t n_padded;
  std::vector<float> scale, shift;    // n_batches × n_padded
  std::span<const float> gene_scale;  // the panels'

  FoldedScores(const AttentionLayer& layer, const AttentionPanels& panels)
      : n_padded(panels.n_panels() * AttentionPanels::kGenes),
        scale(static_cast<std::size_t>(layer.norm.n_batches() * n_padded), 0.0F),
        shift(scale.size(), -std::numeric_limits<float>::infinity()),
        gene_scale(panels.gene_scale()) {
    parallel_for(layer.norm.n_batches(), [&](std::int64_t batch) {
      const auto begin = static_cast<std::size_t>(batch * n_padded), n = static_cast<std::size_t>(layer.n_genes());
      const std::span<float> scales = std::span(scale).subspan(begin, n), shifts = std::span(shift).subspan(begin, n);
      fold_batch_norm(layer.norm.weight, layer.norm.bias, layer.norm.mean_of(batch), layer.norm.variance_of(batch),
                      layer.norm.epsilon, scales, shifts);
      for (float& value : scales) value *= layer.prior.elsewhere;
      for (float& value : shifts) value *= layer.prior.elsewhere;
      for (std::size_t gene = 0; gene < panels.gene_scale().size(); ++gene) scales[gene] *= panels.gene_scale()[gene];
    });
  }
};

// The covariances of all virtual batches, packed once for the products with every block of genes.
class PackedCovariances {
 public:
  PackedCovariances(const ActivationMoments& moments, std::int64_t n_batches)
      : n_a_(moments.n_a),
        size_(cpu::packed_size<float>(n_a_, n_a_)),
        packed_(static_cast<std::size_t>(n_batches * size_)) {
    parallel_for(n_batches, [&](std::int64_t batch) {
      cpu::pack_panels({moments.covariance_of(batch), n_a_, n_a_}, 0, cpu::panels_of<float>(n_a_),
                       packed_.data() + batch * size_);
    });
  }
  [[nodiscard]] cpu::PackedPanels<float> of(std::int64_t batch) const {
    return {packed_.data() + batch * size_, n_a_, n_a_};
  }

 private:
  std::int64_t n_a_, size_;
  AlignedArray<float> packed_;
};

// Where an earlier step looked, the prior differs from that of the scan: those scores come first, one by one.
void add_used_genes(const AttentionLayer& layer, const FoldedScores& folded, const CellBlock& block, std::int64_t cell,
                    SupportSearch& search) {
  const sparse::RowView used = layer.prior.used.row(cell);
  std::vector<float> scores(used.indices.size());
  cpu::gathered_dots(layer.activations.data() + cell * layer.n_a, layer.weights.data(), layer.n_a, used.indices,
                     scores.data());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const float gene_scale =
        folded.gene_scale.empty() ? 1.0F : folded.gene_scale[static_cast<std::size_t>(used.indices[i])];
    const auto at = static_cast<std::size_t>(block.batch * folded.n_padded + used.indices[i]);
    const float elsewhere = scores[i] * (folded.scale[at] / gene_scale) + folded.shift[at];
    search.add(used.indices[i], elsewhere * (used.data[i] / layer.prior.elsewhere));
  }
}

void gather_rows(std::span<const SupportSearch> searches, std::int64_t n_genes, sparse::CsrMatrix& mask) {
  mask.clear(core::narrow<sparse::GeneIndex>(n_genes));
  mask.n_cells = std::ssize(searches);
  for (const SupportSearch& row : searches) mask.indptr.push_back(mask.indptr.back() + std::ssize(row.genes()));
  mask.indices.resize(static_cast<std::size_t>(mask.nnz()));
  mask.data.resize(static_cast<std::size_t>(mask.nnz()));
  parallel_blocks(mask.n_cells, kCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (auto cell = static_cast<std::size_t>(first); cell < static_cast<std::size_t>(last); ++cell) {
      std::copy(searches[cell].genes().begin(), searches[cell].genes().end(), mask.indices.begin() + mask.indptr[cell]);
      std::copy(searches[cell].weights().begin(), searches[cell].weights().end(),
                mask.data.begin() + mask.indptr[cell]);
    }
  });
}

}  // namespace

void score_statistics(std::span<const float> activations, std::span<const float> weights, std::int64_t n_a,
                      std::span<const std::int64_t> batch_starts, std::span<float> mean, std::span<float> variance) {
  const std::int64_t n_genes = std::ssize(weights) / n_a, n_batches = std::ssize(batch_starts) - 1;
  SCTAB_ASSERT(std::ssize(mean) == n_batches * n_genes && mean.size() == variance.size());
  const ActivationMoments moments = activation_moments(activations, n_a, batch_starts);
  const PackedCovariances covariances(moments, n_batches);
  parallel_blocks(n_genes, kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    const float* block = weights.data() + first * n_a;
    std::vector<float> product(static_cast<std::size_t>((last - first) * n_a));
    for (std::int64_t batch = 0; batch < n_batches; ++batch) {
      float* block_mean = mean.data() + batch * n_genes + first;
      float* block_variance = variance.data() + batch * n_genes + first;
      cpu::matrix_vector(moments.mean_of(batch), block, last - first, n_a, block_mean);
      cpu::gemm(1, {block, last - first, n_a}, covariances.of(batch), 0, product.data());
      cpu::row_dots(block, product.data(), last - first, n_a, block_variance);
      std::for_each(block_variance, block_variance + (last - first),
                    [](float& value) { value = std::max(value, 0.0F); });
    }
  });
}

void attention_mask(const AttentionLayer& layer, sparse::CsrMatrix& mask) {
  const std::int64_t n_cells = layer.n_cells(), n_genes = layer.n_genes();
  SCTAB_ASSERT(std::ssize(layer.activations) == n_cells * layer.n_a &&
               std::ssize(layer.weights) == n_genes * layer.n_a);
  SCTAB_ASSERT(std::ssize(layer.norm.mean) == layer.norm.n_batches() * n_genes);
  SCTAB_ASSERT(layer.condition.empty() || std::ssize(layer.condition) == n_cells);
  const bool has_used = layer.prior.used.n_cells > 0;
  SCTAB_ASSERT(!has_used || layer.prior.used.n_cells == n_cells);
  std::optional<AttentionPanels> made;
  if (layer.panels == nullptr) made.emplace(layer.weights, layer.n_a, Precision::kFloat);
  const AttentionPanels& panels = made ? *made : *layer.panels;
  SCTAB_ASSERT(panels.n_genes() == n_genes && panels.n_a() == layer.n_a);
  const FoldedScores folded(layer, panels);
  std::vector<SupportSearch> searches;
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    searches.emplace_back(layer.simplex,
                          has_used ? layer.prior.used.row(cell).indices : std::span<const sparse::GeneIndex>{});
  }
  const std::vector<CellBlock> blocks = cell_blocks(layer.norm, kCellsPerTask);
  parallel_for(std::ssize(blocks), [&](std::int64_t b) {
    const CellBlock& block = blocks[static_cast<std::size_t>(b)];
    const std::int64_t first = block.first, last = block.last, offset = block.batch * folded.n_padded;
    const std::span<SupportSearch> rows =
        std::span(searches).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
    for (std::int64_t cell = first; has_used && cell < last; ++cell) {
      add_used_genes(layer, folded, block, cell, rows[static_cast<std::size_t>(cell - first)]);
    }
    cpu::scan_scores({panels, folded.scale.data() + offset, folded.shift.data() + offset},
                     layer.activations.data() + first * layer.n_a, rows);
    for (SupportSearch& row : rows) row.solve();
    for (std::int64_t cell = first; !layer.condition.empty() && cell < last; ++cell) {
      layer.condition[static_cast<std::size_t>(cell)] = rows[static_cast<std::size_t>(cell - first)].condition();
    }
  });
  gather_rows(searches, n_genes, mask);
}

}  // namespace sctab::kernels
