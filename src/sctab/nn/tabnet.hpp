#pragma once

#include <vector>

#include "sctab/nn/attentive_transformer.hpp"
#include "sctab/nn/batch_norm.hpp"
#include "sctab/nn/feature_transformer.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/sparse_genes.hpp"

namespace sctab::nn {

/// TabNet (Arik and Pfister 2021) as scTab uses it: each step looks at the genes through a sparse mask of its own and
/// adds to the embedding.
class Tabnet final : public Network {
 public:
  Tabnet(std::int64_t n_genes, std::int64_t n_types, const model::TabnetOptions& options, std::uint64_t seed);

 private:
  NetworkOutput run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) override;
  /// In eval mode: replaces the results of ill-conditioned cells by those in double. condition: the largest of each
  /// cell's masks; sums: by step, what it adds to each cell's embedding (cells × 1), or empty.
  void run_again(sparse::CsrView x, std::span<const float> condition, NetworkOutput& output, Explanation* explanation,
                 std::vector<at::Tensor>& sums) const;
  [[nodiscard]] model::TabnetView view() const;

  model::TabnetOptions options_;
  LayerScope encoder_;
  BatchNorm initial_bn_;
  FeatureTransformer initial_splitter_;
  std::vector<FeatureTransformer> feature_transformers_;
  std::vector<AttentiveTransformer> attentive_transformers_;
  at::Tensor final_mapping_;   // types × n_d
  sparse::CsrMatrix by_gene_;  // the transpose of a batch, kept for its memory
};

}  // namespace sctab::nn
