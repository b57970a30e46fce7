#pragma once

#include <span>
#include <vector>

#include "sctab/baselines/type_scores.hpp"
#include "sctab/nn/architecture.hpp"
#include "sctab/nn/model_arrays.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::baselines {

/// What models that score types by genes alone have in common: arrays "weight", "bias" and "cells_per_type".
class GeneScores {
 public:
  using Probabilities = std::vector<float> (*)(std::span<const float> scores, const CellsPerType& cells_per_type);

  GeneScores(const nn::ModelArrays& arrays, const nn::Architecture& architecture, Probabilities to_probabilities);
  /// cells: (n × n_genes), as the weights want them. Appends n × n_types of each; the embedding is the scores.
  void predict(sparse::CsrView cells, std::vector<float>& probabilities, std::vector<float>& embedding) const;

 private:
  std::vector<float> weight_, bias_;  // weight: n_genes × n_types
  CellsPerType cells_per_type_;
  Probabilities to_probabilities_;
};

}  // namespace sctab::baselines
