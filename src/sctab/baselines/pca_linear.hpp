#pragma once

#include <memory>

#include "sctab/baselines/fitted.hpp"
#include "sctab/linalg/pca.hpp"
#include "sctab/nn/predictor.hpp"

namespace sctab::baselines {

/// Multinomial logistic regression on principal components of the training cells, which are divided by the standard
/// deviation of the first; balanced class weights.
struct PcaLinearOptions {
  linalg::PcaOptions pca;
  std::int64_t largest_batch = 2048, steps_wanted = 60;  // a batch is the largest power of two with so many steps
  std::int64_t total_steps = 4000, fewest_epochs = 10;
  double learning_rate = 0.01;  // of AdamW, falling to a hundredth, evenly, over the run
  double weight_decay = 0.01;
};
Fitted fit_pca_linear(const Corpus& corpus, const PcaLinearOptions& options);

/// Embedding: the components.
std::unique_ptr<nn::Predictor> load_pca_linear(const std::filesystem::path& weights,
                                               const nn::Architecture& architecture);

}  // namespace sctab::baselines
