#pragma once

#include "sctab/linalg/pca.hpp"
#include "sctab/train/train_kinds.hpp"

namespace sctab::train {

/// Gradient-boosted trees by libxgboost, histogram method, multi:softprob, on principal components of the training
/// cells, with balanced class weights as sample weights. The values are the paper's.
struct XgboostOptions {
  linalg::PcaOptions pca{};
  int n_rounds = 800;  // each a tree per type
  double eta = 0.05, subsample = 0.75;
  int max_depth = 10;
  // Stops after so many without a smaller log loss of the validation cells; 0, or without such cells: never.
  int early_stopping_rounds = 10;
};

/// Holds the bins of all training and validation cells' components in memory, 2 bytes each, and libxgboost's margins
/// and gradients, 12 bytes a cell and type.
Fitted fit_xgboost(const Corpus& corpus, const XgboostOptions& options);

}  // namespace sctab::train
