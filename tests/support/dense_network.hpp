#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sctab/nn/batch_norm.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::tests {

/// The mean over cells of sum(m · log(m + epsilon)). mask: cells × genes, rows on the simplex. Keeps nothing but the
/// mask for the gradient.
at::Tensor dense_mask_loss(const at::Tensor& mask, double epsilon);

/// Ghost batch norm in torch: torch.chunk(batch, max(batch / virtual, 1)), each part by its own statistics, a part of
/// one cell by the running ones; no parts outside training. Float or double.
struct DenseBatchNorm {
  at::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
  nn::BatchNormOptions options;

  /// x: cells × width. Returns the same shape.
  at::Tensor forward(const at::Tensor& x, const nn::LayerPass& pass);

 private:
  at::Tensor normalise(const at::Tensor& x, const nn::LayerPass& pass);
  void merge_statistics(const at::Tensor& x, std::int64_t cells_before);
};

/// The networks of nn in plain torch on dense arrays, operation by operation as published: what the kernels must equal.
/// Many times slower, with several cells × genes arrays in memory. Names, initial weights and dropout are those of
/// nn::make_network().
class DenseNetwork final : public nn::Network {
 public:
  DenseNetwork(const model::Architecture& architecture, std::uint64_t seed);

  /// Converts parameters and statistics, float <-> double, keeping the handles. forward() computes in their type.
  void convert_to(at::ScalarType type);

 private:
  nn::NetworkOutput run(sparse::CsrView cells, const nn::LayerPass& pass, nn::Explanation* explanation) override;

  [[nodiscard]] const at::Tensor& tensor(const std::string& name) const { return tensors_.at(name); }
  [[nodiscard]] at::Tensor linear(const at::Tensor& x, const std::string& layer) const;
  at::Tensor batch_norm(const at::Tensor& x, const std::string& layer, const nn::LayerPass& pass,
                        const nn::BatchNormOptions& options = {});
  at::Tensor ghost_norm(const at::Tensor& x, const std::string& layer, const nn::LayerPass& pass);

  nn::NetworkOutput run_tabnet(const at::Tensor& x, const nn::LayerPass& pass, nn::Explanation* explanation);
  nn::NetworkOutput run_mlp(const at::Tensor& x, const nn::LayerPass& pass);
  /// genes: cells × inputs, normalised and masked. Returns cells × (n_d + n_a).
  at::Tensor transform(const at::Tensor& genes, const std::string& transformer, const nn::LayerPass& pass);
  at::Tensor attend(const at::Tensor& attention, const at::Tensor& prior, const std::string& transformer,
                    const nn::LayerPass& pass);

  model::Architecture architecture_;
  std::map<std::string, at::Tensor> tensors_;  // parameters, buffers and tied parameters
};

}  // namespace sctab::tests
