#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/baselines/fitted.hpp"
#include "sctab/baselines/pca.hpp"
#include "sctab/nn/predictor.hpp"

namespace sctab::baselines {

/// Multinomial logistic regression on principal components of the training cells; balanced class weights. Several are
/// trained at once on the same batches, one for each whitening and weight decay. Each is scored on the validation cells
/// after every epoch, and the weights of the best epoch of the best one are kept; without validation cells the last
/// weights of the first one.
struct PcaLinearOptions {
  PcaOptions pca;
  std::int64_t largest_batch = 2048, steps_wanted = 60;  // a batch is the largest power of two with so many steps
  std::int64_t total_steps = 4000, fewest_epochs = 10;
  double learning_rate = 0.01;  // of AdamW, falling to a hundredth, evenly, over the run
  // A component is divided by sd(first)^(1 - w) * sd(own)^w, w its whitening: with 0 the later ones, which vary
  // least, hardly count; with 1 each counts as much as the first.
  std::vector<double> whitenings = {0, 0.5};
  std::vector<double> weight_decays = {0.1, 0.01, 1};
};
Fitted fit_pca_linear(const Corpus& corpus, const PcaLinearOptions& options);

/// Embedding: the components.
std::unique_ptr<nn::Predictor> load_pca_linear(const std::filesystem::path& weights,
                                               const nn::Architecture& architecture);

}  // namespace sctab::baselines
