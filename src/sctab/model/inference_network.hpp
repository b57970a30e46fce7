#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::model {

/// What a network says of a batch of cells, row-major.
struct NetworkOutput {
  std::vector<float> logits;     // cells × types
  std::vector<float> embedding;  // cells × embedding_width()
};

/// What attention looked at. Empty for networks without masks.
struct Explanation {
  std::vector<sparse::CsrMatrix> masks;  // one a step, (cells × inputs), the genes first; rows sum to 1
  sparse::CsrMatrix importance;  // (cells × inputs): the masks' sum, weighted by what each adds to the embedding
};

/// A trained network that runs on the kernels alone. Each cell's result depends on that cell alone, but for rounding,
/// and not on the number of threads.
class InferenceNetwork {
 public:
  InferenceNetwork() = default;
  virtual ~InferenceNetwork() = default;
  InferenceNetwork(const InferenceNetwork&) = delete;
  InferenceNetwork& operator=(const InferenceNetwork&) = delete;

  /// x: (n_cells × n_inputs()), genes and then the covariate's levels, log-normalised; at least one cell. explanation:
  /// filled unless it is null.
  virtual NetworkOutput run(sparse::CsrView x, Explanation* explanation = nullptr) const = 0;
  /// Rounds the weights of the genes to 11 bits of mantissa, which spares half the memory traffic, or takes them as
  /// they are again.
  virtual void set_precision(kernels::Precision precision) = 0;
};

/// Reads a tabnet, mlp or linear network at float precision. Throws InputError as NetworkWeights does, and if this
/// build or machine lacks the device.
std::unique_ptr<InferenceNetwork> load_inference_network(const std::filesystem::path& weights,
                                                         const Architecture& architecture,
                                                         kernels::Device device = kernels::Device::kCpu);

}  // namespace sctab::model
