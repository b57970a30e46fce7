#include <algorithm>
#include <cmath>
#include <vector>

#include "sctab/kernels/activation_moments.hpp"
#include "sctab/kernels/aligned_array.hpp"
#include "sctab/kernels/attention.hpp"
#include "sctab/kernels/column_sums.hpp"
#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/cpu/weighted_rows.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/parallel.hpp"

// With z_ij = weight_j · zhat_ij + bias_j and zhat_ij = (a_i · w_j - mean_j) / sd_j, the gradient of a_i · w_j is
//   scale_j · (dz_ij - dbias_j / m - zhat_ij · dweight_j / m),  scale_j = weight_j / sd_j,
// in a virtual batch of m cells. The first term is as sparse as the mask. The others touch all cells, but zhat is
// affine in a_i, so what they add to da_i and dw_j takes no more than the mean and covariance of the activations.

namespace sctab::kernels {
namespace {

constexpr std::int64_t kGenesPerTask = 256;
constexpr std::int64_t kCellsPerTask = 64;

// One value a non-zero of the mask.
struct SupportTerms {
  std::span<float> dscore;    // of z
  std::span<float> dweight;   // dscore · zhat
  std::span<float> dproduct;  // dscore · scale
  AlignedArray<float> memory;

  explicit SupportTerms(std::size_t nnz) : memory(3 * nnz) {
    dscore = {memory.data(), nnz};
    dweight = {memory.data() + nnz, nnz};
    dproduct = {memory.data() + 2 * nnz, nnz};
  }
};

// One virtual batch, one value per gene. The mean gradients are over its cells, and zero where no cell looked.
struct GeneTerms {
  std::vector<float> inverse_sd, scale;
  std::vector<float> mean_dweight, mean_dbias;
};

std::vector<GeneTerms> fold(const GhostNorm& norm) {
  std::vector<GeneTerms> batches(static_cast<std::size_t>(norm.n_batches()));
  parallel_for(norm.n_batches(), [&](std::int64_t batch) {
    GeneTerms& terms = batches[static_cast<std::size_t>(batch)];
    terms.inverse_sd.resize(norm.weight.size());
    terms.scale.resize(norm.weight.size());
    for (std::size_t gene = 0; gene < norm.weight.size(); ++gene) {
      terms.inverse_sd[gene] = 1 / std::sqrt(norm.variance_of(batch)[gene] + norm.epsilon);
      terms.scale[gene] = norm.weight[gene] * terms.inverse_sd[gene];
    }
  });
  return batches;
}

// Writes one cell's terms, given its products a_i · w_j in terms.dscore's place, and adds to the prior's gradient.
class CellBackward {
 public:
  CellBackward(const AttentionLayer& layer, const sparse::CsrView& mask, std::span<const float> dscores,
               std::span<float> dprior, SupportTerms& terms)
      : layer_(layer), mask_(mask), dscores_(dscores), dprior_(dprior), terms_(terms) {}

  void run(std::int64_t batch, std::int64_t cell, const GeneTerms& genes) const {
    const std::span<const sparse::GeneIndex> support = mask_.row(cell).indices;
    const std::span<const float> mean = layer_.norm.mean_of(batch);
    const bool has_used = layer_.prior.used.n_cells > 0;
    const sparse::RowView used = has_used ? layer_.prior.used.row(cell) : sparse::RowView{};
    std::size_t u = 0;
    for (std::size_t i = 0, at = row_begin(mask_, cell); i < support.size(); ++i, ++at) {
      const auto gene = static_cast<std::size_t>(support[i]);
      const float zhat = (terms_.dscore[at] - mean[gene]) * genes.inverse_sd[gene];
      while (u < used.indices.size() && used.indices[u] < support[i]) ++u;
      const bool is_used = u < used.indices.size() && used.indices[u] == support[i];
      if (is_used && !dprior_.empty()) {
        const float score = layer_.norm.weight[gene] * zhat + layer_.norm.bias[gene];
        dprior_[row_begin(layer_.prior.used, cell) + u] += dscores_[at] * score;
      }
      const float dscore = dscores_[at] * (is_used ? used.data[u] : layer_.prior.elsewhere);
      terms_.dscore[at] = dscore;
      terms_.dweight[at] = dscore * zhat;
      terms_.dproduct[at] = dscore * genes.scale[gene];
    }
  }

 private:
  const AttentionLayer& layer_;
  const sparse::CsrView& mask_;
  std::span<const float> dscores_;
  std::span<float> dprior_;
  SupportTerms& terms_;
};

// Rows of the weights that a virtual batch looked at, among genes [first, last), and what the dense terms need of them.
struct TouchedGenes {
  std::vector<std::int64_t> genes;
  std::vector<float> weights;   // genes × n_a
  std::vector<float> constant;  // scale · mean_dbias
  std::vector<float> slope;     // scale · mean_dweight / sd

  TouchedGenes(const AttentionLayer& layer, const GeneTerms& terms, std::int64_t first, std::int64_t last) {
    for (std::int64_t gene = first; gene < last; ++gene) {
      const auto at = static_cast<std::size_t>(gene);
      if (terms.mean_dbias[at] == 0 && terms.mean_dweight[at] == 0) continue;
      genes.push_back(gene);
      const float* row = layer.weights.data() + gene * layer.n_a;
      weights.insert(weights.end(), row, row + layer.n_a);
      constant.push_back(terms.scale[at] * terms.mean_dbias[at]);
      slope.push_back(terms.scale[at] * terms.mean_dweight[at] * terms.inverse_sd[at]);
    }
  }
  [[nodiscard]] std::int64_t size() const { return std::ssize(genes); }
};

// da_i -= sum_j constant_j · w_j + K (a_i - mean(a)), K = sum_j slope_j · w_j · w_jᵀ, for the cells of one virtual
// batch.
void subtract_from_activations(const AttentionLayer& layer, std::int64_t batch, const GeneTerms& terms,
                               const ActivationMoments& moments, std::span<float> dactivations) {
  const std::int64_t n_a = layer.n_a, m = layer.norm.size_of(batch);
  std::vector<float> constant(static_cast<std::size_t>(n_a), 0.0F), slope(static_cast<std::size_t>(n_a * n_a), 0.0F);
  for (std::int64_t first = 0; first < layer.n_genes(); first += kGenesPerTask) {
    const TouchedGenes touched(layer, terms, first, std::min(first + kGenesPerTask, layer.n_genes()));
    if (touched.size() == 0) continue;
    std::vector<float> scaled = touched.weights;
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= touched.slope[i / constant.size()];
    cpu::add_weighted_rows(touched.constant.data(), touched.weights.data(), touched.size(), n_a, constant.data());
    const cpu::StridedMatrix rows(touched.weights.data(), touched.size(), n_a);
    cpu::gemm(1, rows.transposed(), cpu::StridedMatrix(scaled.data(), touched.size(), n_a), 1, slope.data());
  }
  const std::int64_t first = layer.norm.first_cell(batch);
  const std::vector<float> centred =
      centred_rows(layer.activations, layer.n_a, first, first + m, moments.mean_of(batch));
  float* out = dactivations.data() + first * layer.n_a;
  cpu::gemm(-1, {centred.data(), m, n_a}, cpu::StridedMatrix(slope.data(), n_a, n_a), 1, out);
  constexpr float kMinusOne = -1;
  for (std::int64_t cell = 0; cell < m; ++cell) {
    cpu::add_weighted_rows(&kMinusOne, constant.data(), 1, n_a, out + cell * n_a);
  }
}

// dw_j -= m · (constant_j · mean(a) + slope_j · Cov(a) w_j), for genes [first, last).
void subtract_from_weights(const AttentionLayer& layer, std::int64_t batch, const ActivationMoments& moments,
                           const TouchedGenes& touched, std::span<float> dweights) {
  if (touched.size() == 0) return;
  const std::int64_t n_a = layer.n_a;
  const auto m = static_cast<float>(layer.norm.size_of(batch));
  std::vector<float> product(touched.weights.size());
  cpu::gemm(1, {touched.weights.data(), touched.size(), n_a},
            cpu::StridedMatrix(moments.covariance_of(batch), n_a, n_a), 0, product.data());
  for (std::size_t g = 0; g < touched.genes.size(); ++g) {
    float* row = dweights.data() + touched.genes[g] * n_a;
    const float of_mean = -m * touched.constant[g], of_product = -m * touched.slope[g];
    cpu::add_weighted_rows(&of_mean, moments.mean_of(batch), 1, n_a, row);
    cpu::add_weighted_rows(&of_product, product.data() + g * static_cast<std::size_t>(n_a), 1, n_a, row);
  }
}

// The mean gradients of each virtual batch, and their sums over the batches.
void sum_over_cells(const AttentionLayer& layer, const sparse::CsrView& mask, const SupportTerms& support,
                    std::vector<GeneTerms>& batches, const AttentionGradient& gradient) {
  const GhostNorm& norm = layer.norm;
  parallel_for(norm.n_batches(), [&](std::int64_t batch) {
    GeneTerms& terms = batches[static_cast<std::size_t>(batch)];
    const auto sum = [&](std::span<const float> values, std::vector<float>& sums) {
      sums.resize(norm.weight.size());
      column_sums(rows_of(with_values(mask, values), norm.first_cell(batch), norm.first_cell(batch + 1)), sums);
    };
    sum(support.dscore, terms.mean_dbias);
    sum(support.dweight, terms.mean_dweight);
  });
  parallel_blocks(norm.width(), kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t batch = 0; batch < norm.n_batches(); ++batch) {
      GeneTerms& terms = batches[static_cast<std::size_t>(batch)];
      const auto n = static_cast<float>(norm.size_of(batch));
      for (auto gene = static_cast<std::size_t>(first); gene < static_cast<std::size_t>(last); ++gene) {
        gradient.norm_weight[gene] += terms.mean_dweight[gene];
        gradient.norm_bias[gene] += terms.mean_dbias[gene];
        terms.mean_dweight[gene] /= n;
        terms.mean_dbias[gene] /= n;
      }
    }
  });
}

}  // namespace

void attention_backward(const AttentionLayer& layer, sparse::CsrView mask, std::span<const float> dscores,
                        const AttentionGradient& gradient) {
  const GhostNorm& norm = layer.norm;
  const auto nnz = static_cast<std::size_t>(mask.nnz());
  SCTAB_ASSERT(dscores.size() == nnz && mask.n_cells == layer.n_cells() && mask.n_genes == layer.n_genes());
  std::vector<GeneTerms> batches = fold(norm);
  SupportTerms support(nnz);
  sampled_product(mask, layer.activations, layer.weights, layer.n_a, support.dscore);
  const CellBackward cells(layer, mask, dscores, gradient.prior, support);
  const std::vector<CellBlock> blocks = cell_blocks(norm, kCellsPerTask);
  parallel_for(std::ssize(blocks), [&](std::int64_t i) {
    const auto [batch, first, last] = blocks[static_cast<std::size_t>(i)];
    for (std::int64_t cell = first; cell < last; ++cell) {
      cells.run(batch, cell, batches[static_cast<std::size_t>(batch)]);
    }
  });
  sum_over_cells(layer, mask, support, batches, gradient);

  const sparse::CsrView dproducts = with_values(mask, support.dproduct);
  csr_projection_add(dproducts, layer.weights, layer.n_a, gradient.activations);
  sparse::CsrMatrix transposed;
  csr_transpose(dproducts, transposed);
  csr_projection_add(transposed.view(), layer.activations, layer.n_a, gradient.weights);

  const ActivationMoments moments = activation_moments(layer.activations, layer.n_a, norm.batch_starts);
  parallel_for(norm.n_batches(), [&](std::int64_t batch) {
    if (norm.size_of(batch) < 2) return;
    subtract_from_activations(layer, batch, batches[static_cast<std::size_t>(batch)], moments, gradient.activations);
  });
  parallel_blocks(layer.n_genes(), kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t batch = 0; batch < norm.n_batches(); ++batch) {
      if (norm.size_of(batch) < 2) continue;
      const TouchedGenes touched(layer, batches[static_cast<std::size_t>(batch)], first, last);
      subtract_from_weights(layer, batch, moments, touched, gradient.weights);
    }
  });
}

}  // namespace sctab::kernels
