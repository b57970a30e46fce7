#pragma once

#include <vector>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/attention.hpp"

namespace sctab::tests {

struct AttentionShape {
  std::int64_t n_cells, n_genes, n_a, virtual_batch_size;
  bool second_step = false;  // a prior that earlier steps have made uneven
  double activation_scale = 1;
};
inline void PrintTo(const AttentionShape& shape, std::ostream* out) {
  *out << shape.n_cells << " x " << shape.n_genes << ", n_a " << shape.n_a << ", virtual batch "
       << shape.virtual_batch_size << (shape.second_step ? ", second step" : "");
}

/// A random attention layer, for the kernels in float and for the reference in double.
class AttentionProblem {
 public:
  AttentionProblem(const AttentionShape& shape, kernels::Simplex simplex, std::uint64_t seed = 21)
      : shape_(shape),
        simplex_(simplex),
        rng_(seed),
        activations(shape.n_cells, shape.n_a),
        weights(shape.n_genes, shape.n_a) {
    starts_ = kernels::virtual_batch_starts(shape.n_cells, shape.virtual_batch_size);
    activations_ = random_normal(rng_, shape.n_cells * shape.n_a, shape.activation_scale);
    for (float& value : activations_) value += 0.5F;  // the covariance must not be that about zero
    weights_ = random_normal(rng_, shape.n_genes * shape.n_a);
    weight_ = random_uniform(rng_, shape.n_genes, 0.5, 1.5);
    weight_[0] = 0;  // no normalised score can be had back from such a gene's score
    bias_ = random_normal(rng_, shape.n_genes, 0.3);
    running_mean_ = random_normal(rng_, shape.n_genes);
    running_variance_ = random_uniform(rng_, shape.n_genes, 0.5, 2);
    if (shape.second_step) {
      used_ = random_cells(rng_, shape.n_cells, shape.n_genes, 0.3);
      for (float& value : used_.data) value = value / 4 * 1.3F;
    }
    mean_.resize((starts_.size() - 1) * running_mean_.size());
    variance_.resize(mean_.size());
    kernels::score_statistics(activations_, weights_, shape.n_a, starts_, mean_, variance_);
    for (std::size_t batch = 0; batch + 1 < starts_.size(); ++batch) {
      if (starts_[batch + 1] - starts_[batch] > 1) continue;
      const auto begin = static_cast<std::int64_t>(batch) * shape.n_genes;
      std::ranges::copy(running_mean_, mean_.begin() + begin);
      std::ranges::copy(running_variance_, variance_.begin() + begin);
    }
    activations.values.assign(activations_.begin(), activations_.end());
    weights.values.assign(weights_.begin(), weights_.end());
    norm = {starts_, wide(weight_), wide(bias_), wide(running_mean_), wide(running_variance_), kEpsilon};
    used = wide(used_.data);
  }

  [[nodiscard]] kernels::AttentionLayer layer() const {
    return {activations_, weights_, shape_.n_a, {starts_, weight_, bias_, mean_, variance_, kEpsilon},
            prior(),      simplex_};
  }
  [[nodiscard]] kernels::Prior prior() const {
    return shape_.second_step ? kernels::Prior{1.3F, used_.view()} : kernels::Prior{};
  }
  [[nodiscard]] reference::Matrix reference_scores() const {
    return reference::ghost_norm(reference::product(activations, reference::transposed(weights)), norm);
  }
  [[nodiscard]] reference::Matrix reference_mask() const {
    reference::Matrix scores = reference_scores();
    std::size_t at = 0;
    for (std::int64_t cell = 0; shape_.second_step && cell < shape_.n_cells; ++cell) {
      std::vector<double> prior(static_cast<std::size_t>(shape_.n_genes), static_cast<double>(1.3F));
      for (const sparse::GeneIndex gene : used_.row(cell).indices) prior[static_cast<std::size_t>(gene)] = used[at++];
      for (std::int64_t gene = 0; gene < shape_.n_genes; ++gene)
        scores.at(cell, gene) *= prior[static_cast<std::size_t>(gene)];
    }
    return reference::simplex(simplex_, scores);
  }

 private:
  static constexpr float kEpsilon = 1e-5F;
  static std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

  AttentionShape shape_;
  kernels::Simplex simplex_;
  core::Rng rng_;
  std::vector<std::int64_t> starts_;
  std::vector<float> activations_, weights_, weight_, bias_, running_mean_, running_variance_, mean_, variance_;
  sparse::CsrMatrix used_;

 public:
  // What the reference is a function of; tests move these to take differences.
  reference::Matrix activations, weights;
  reference::Norm norm;
  std::vector<double> used;
};

}  // namespace sctab::tests
