#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/nn/layer.hpp"
#include "sctab/nn/network_state.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::nn {

struct NetworkOutput {
  at::Tensor logits;  // cells × types
  /// Scalar, <= 0: the mean over steps and cells of sum(m · log(m + epsilon)), minus the masks' entropy. The loss is
  /// cross-entropy − lambda_sparse · mask_loss. Zero for networks without masks.
  at::Tensor mask_loss;
  at::Tensor embedding;  // cells × embedding_width()
};

/// What attention looked at, one step after the other. Empty for networks without masks.
struct Explanation {
  std::vector<at::Tensor> masks;  // n_steps of cells × inputs, the genes first; rows sum to 1
  at::Tensor importance;          // cells × inputs: masks weighted by what each step adds to the embedding
};

/// A network over log-normalised cells. Not for use by two threads at once.
///
///   auto network = make_network(architecture, seed);
///   network->train();
///   auto output = network->forward(batch.view());
class Network {
 public:
  virtual ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// x: (n_cells × n_inputs()), genes and then the covariate's levels, at least one cell. Updates running statistics in
  /// training mode, and gives gradients in that mode alone. x and this network must outlive the backward pass, the
  /// parameters unchanged.
  NetworkOutput forward(sparse::CsrView x) { return dispatch(x, pass_, nullptr); }
  /// forward() that also reports what attention looked at.
  NetworkOutput explain(sparse::CsrView x, Explanation& explanation) { return dispatch(x, pass_, &explanation); }

  /// Computes by the kernels of this device. Throws InputError where the build or the machine lacks it.
  void compute_on(kernels::Device device) { kernels_ = &kernels::backend(device); }
  [[nodiscard]] const kernels::Backend& kernels() const { return *kernels_; }

  /// Batch statistics and dropout. A new network is in this mode.
  void train() { pass_ = {LayerMode::kTrain, 0}; }
  /// Running statistics, no dropout: each cell's result depends on that cell alone, but for rounding. To use a trained
  /// network elsewhere than in training, see model::InferenceNetwork.
  void eval() { pass_ = {LayerMode::kEval, 0}; }
  [[nodiscard]] bool training() const { return pass_.mode == LayerMode::kTrain; }

  [[nodiscard]] NetworkState& state() { return state_; }
  [[nodiscard]] const NetworkState& state() const { return state_; }
  /// The parameters as an optimiser takes them, in the order of state().parameters().
  [[nodiscard]] std::vector<at::Tensor> parameters() const;
  void zero_gradients();

  /// The state of the stream that dropout draws from (uint8), for checkpoints: no other randomness is in a network.
  [[nodiscard]] at::Tensor random_state() const;
  void set_random_state(const at::Tensor& state);

 protected:
  explicit Network(std::uint64_t seed);
  /// The forward pass on pass.kernels.
  virtual NetworkOutput run(sparse::CsrView x, const LayerPass& pass, Explanation* explanation) = 0;

  NetworkState state_;
  LayerScope root_;  // where the layers register and draw their initial weights
  at::Generator dropout_;

 private:
  friend class BatchNormEstimate;
  NetworkOutput dispatch(sparse::CsrView x, const LayerPass& pass, Explanation* explanation);

  LayerPass pass_;
  const kernels::Backend* kernels_ = &kernels::backend(kernels::Device::kCpu);
};

/// A new network in training mode. Initial weights (the published code's distributions) and dropout are functions of
/// the seed; torch's global generator is neither read nor moved. Throws InputError where a size is out of range.
std::unique_ptr<Network> make_network(const model::Architecture& architecture, std::uint64_t seed);

/// Replaces the running statistics of every batch norm by the mean and the unbiased variance over all cells added, with
/// the weights as they are: running averages lag behind when training takes few steps.
///
///   BatchNormEstimate estimate(*network);
///   for (...) estimate.add(x);  // no augmentation; a few thousand cells in batches as large as the training ones
class BatchNormEstimate {
 public:
  explicit BatchNormEstimate(Network& network) : network_(network) {}
  /// x: (n_cells × n_genes). Batch statistics inside, no dropout, no gradient. The first call discards what was there;
  /// after every call the statistics are those of the cells so far. The network's mode stays as it is.
  void add(sparse::CsrView x);
  [[nodiscard]] std::int64_t n_cells() const { return n_cells_; }

 private:
  Network& network_;
  std::int64_t n_cells_ = 0;
};

}  // namespace sctab::nn
