#pragma once

#include <memory>

#include "sctab/baselines/fitted.hpp"
#include "sctab/linalg/pca.hpp"
#include "sctab/nn/predictor.hpp"

namespace sctab::baselines {

/// Gradient-boosted trees by libxgboost, histogram method, multi:softprob, on principal components of the training
/// cells, with balanced class weights as sample weights. The values are the paper's.
struct XgboostOptions {
  linalg::PcaOptions pca{};
  int n_rounds = 800;  // each a tree per type
  double eta = 0.05, subsample = 0.75;
  int max_depth = 10;
  // Without a smaller log loss of the validation cells; 0, or without such cells: never.
  int early_stopping_rounds = 10;

  /// XGBClassifier's own defaults.
  static XgboostOptions defaults();
  void validate() const;  // throws InputError naming the option of `sctab train`
};

/// Holds the bins of all training and validation cells' components in memory, 2 bytes each, and libxgboost's margins
/// and gradients, 12 bytes a cell and type.
Fitted fit_xgboost(const Corpus& corpus, const XgboostOptions& options);

/// Embedding: the components.
std::unique_ptr<nn::Predictor> load_xgboost(const std::filesystem::path& weights, const nn::Architecture& architecture);

}  // namespace sctab::baselines
