#pragma once

#include <memory>

#include "sctab/baselines/fitted.hpp"
#include "sctab/nn/predictor.hpp"

namespace sctab::baselines {

/// The nearest centroid, a floor for all else: the mean log-normalised profile of each type over its training cells. A
/// cell's probabilities are those of equally frequent types that scatter around their centroids as normal noise of one
/// variance for all genes, that of the training cells.
Fitted fit_centroid(const Corpus& corpus);

/// Scores: log density but for what all types share; embedding: the scores.
std::unique_ptr<nn::Predictor> load_centroid(const std::filesystem::path& weights,
                                             const nn::Architecture& architecture);

}  // namespace sctab::baselines
