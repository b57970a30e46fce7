#include <filesystem>
#include <memory>

#include "sctab/model/architecture.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/predictor.hpp"
#include "sctab/model/type_scores.hpp"

namespace sctab::model {
namespace {

/// Logistic regression on principal components. Arrays: those of add_pca(), "weight" (n_types × n_components), "bias"
/// and "cells_per_type". The embedding is the components.
class PcaLinear : public Predictor {
 public:
  PcaLinear(const ModelArrays& arrays, const Architecture& architecture)
      : pca_(pca_from(arrays, architecture.n_genes, architecture.n_components)),
        weight_(arrays.floats("weight", {architecture.n_types, architecture.n_components})),
        bias_(arrays.floats("bias", {architecture.n_types})),
        cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})) {}

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    std::vector<float> components = pca_.project(log_norm);
    embedding.insert(embedding.end(), components.begin(), components.end());
    scale_components(pca_, components);
    const std::vector<float> found = softmax(logits(components, weight_, bias_), cells_per_type_);
    probabilities.insert(probabilities.end(), found.begin(), found.end());
  }

 private:
  linalg::Pca pca_;
  std::vector<float> weight_, bias_;
  CellsPerType cells_per_type_;
};

}  // namespace

std::unique_ptr<Predictor> load_pca_linear(const std::filesystem::path& weights, const Architecture& architecture,
                                           const PredictorOptions& /*options*/) {
  return std::make_unique<PcaLinear>(ModelArrays::read(weights), architecture);
}

}  // namespace sctab::model
