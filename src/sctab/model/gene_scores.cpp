#include <utility>
#include <vector>

#include "sctab/kernels/csr_projection.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/predictor.hpp"
#include "sctab/model/type_scores.hpp"

namespace sctab::model {
namespace {

using ToProbabilities = std::vector<float>(std::span<const float> scores, const CellsPerType& cells_per_type);

/// centroid and celltypist score types by the genes alone. Arrays: "weight" (n_genes × n_types), "bias" and
/// "cells_per_type", and for celltypist "factor" (n_genes). The embedding is the scores.
class GeneScores : public Predictor {
 public:
  /// factor: empty where the genes are scored as they are.
  GeneScores(const ModelArrays& arrays, const Architecture& architecture, std::vector<float> factor,
             ToProbabilities& to_probabilities)
      : factor_(std::move(factor)),
        weight_(arrays.floats("weight", {architecture.n_genes, architecture.n_types})),
        bias_(arrays.floats("bias", {architecture.n_types})),
        cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})),
        to_probabilities_(to_probabilities) {}

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    sparse::CsrMatrix scaled;
    if (!factor_.empty()) scale_cells(log_norm, factor_, scaled);
    std::vector<float> scores(static_cast<std::size_t>(log_norm.n_cells) * bias_.size());
    kernels::csr_projection(factor_.empty() ? log_norm : scaled.view(), weight_, std::ssize(bias_), scores);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += bias_[i % bias_.size()];
    const std::vector<float> found = to_probabilities_(scores, cells_per_type_);
    probabilities.insert(probabilities.end(), found.begin(), found.end());
    embedding.insert(embedding.end(), scores.begin(), scores.end());
  }

 private:
  std::vector<float> factor_, weight_, bias_;
  CellsPerType cells_per_type_;
  ToProbabilities& to_probabilities_;
};

}  // namespace

std::unique_ptr<Predictor> load_centroid(const std::filesystem::path& weights, const Architecture& architecture,
                                         const PredictorOptions& /*options*/) {
  return std::make_unique<GeneScores>(ModelArrays::read(weights), architecture, std::vector<float>(), softmax);
}

std::unique_ptr<Predictor> load_celltypist(const std::filesystem::path& weights, const Architecture& architecture,
                                           const PredictorOptions& /*options*/) {
  const ModelArrays arrays = ModelArrays::read(weights);
  return std::make_unique<GeneScores>(arrays, architecture, arrays.floats("factor", {architecture.n_genes}),
                                      scaled_sigmoids);
}

}  // namespace sctab::model
