#include "sctab/baselines/gene_scores.hpp"

#include "sctab/kernels/csr_projection.hpp"

namespace sctab::baselines {

GeneScores::GeneScores(const nn::ModelArrays& arrays, const nn::Architecture& architecture,
                       Probabilities to_probabilities)
    : weight_(arrays.floats("weight", {architecture.n_genes, architecture.n_types})),
      bias_(arrays.floats("bias", {architecture.n_types})),
      cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})),
      to_probabilities_(to_probabilities) {}

void GeneScores::predict(sparse::CsrView cells, std::vector<float>& probabilities,
                         std::vector<float>& embedding) const {
  std::vector<float> scores(static_cast<std::size_t>(cells.n_cells) * bias_.size());
  kernels::csr_projection(cells, weight_, std::ssize(bias_), scores);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += bias_[i % bias_.size()];
  const std::vector<float> found = to_probabilities_(scores, cells_per_type_);
  probabilities.insert(probabilities.end(), found.begin(), found.end());
  embedding.insert(embedding.end(), scores.begin(), scores.end());
}

}  // namespace sctab::baselines
