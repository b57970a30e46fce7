#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/boosted_trees.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/predictor.hpp"

namespace sctab::model {
namespace {

/// Trees on principal components. Arrays: those of add_pca(), "cells_per_type" and kBooster. The embedding is the
/// components.
class Xgboost : public Predictor {
 public:
  Xgboost(const ModelArrays& arrays, const Architecture& architecture)
      : pca_(pca_from(arrays, architecture.n_genes, architecture.n_components)),
        cells_per_type_(arrays.floats("cells_per_type", {architecture.n_types})),
        classes_(cells_per_type_),
        trees_(read_boosted_trees(arrays.bytes(kBooster))) {
    check("features", trees_.n_features, pca_.n_components);
    check("classes", std::ssize(trees_.base_scores), std::ssize(classes_.type_of_class));
  }

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    const std::vector<float> components = pca_.project(log_norm);
    const std::vector<float> found = model::probabilities(trees_, components);
    const std::size_t n_classes = classes_.type_of_class.size(), n_types = cells_per_type_.size();
    std::size_t row = probabilities.size();
    probabilities.resize(row + static_cast<std::size_t>(log_norm.n_cells) * n_types, 0.0F);
    for (std::size_t begin = 0; begin < found.size(); begin += n_classes, row += n_types) {
      for (std::size_t i = 0; i < n_classes; ++i) probabilities[row + classes_.type_of_class[i]] = found[begin + i];
    }
    embedding.insert(embedding.end(), components.begin(), components.end());
  }

 private:
  static void check(const char* what, std::int64_t found, std::int64_t expected) {
    if (found == expected) return;
    throw core::InputError({.matrix = kBooster,
                            .found = fmt::format("trees for {} {}", found, what),
                            .expected = std::to_string(expected),
                            .next_step = "the file is damaged or belongs to another model: copy the model again"});
  }

  linalg::Pca pca_;
  CellsPerType cells_per_type_;
  BoosterClasses classes_;
  BoostedTrees trees_;
};

}  // namespace

std::unique_ptr<Predictor> load_xgboost(const std::filesystem::path& weights, const Architecture& architecture,
                                        const PredictorOptions& /*options*/) {
  const ModelArrays arrays = ModelArrays::read(weights);
  try {
    return std::make_unique<Xgboost>(arrays, architecture);
  } catch (const core::InputError& error) {
    throw error.within({.file = weights.string()});
  }
}

}  // namespace sctab::model
