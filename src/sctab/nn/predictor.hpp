#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/nn/architecture.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::nn {

/// One member of a model, ready to predict: a network, or a baseline that is none. What the classifier runs. This
/// header is free of torch.
class Predictor {
 public:
  Predictor() = default;
  virtual ~Predictor() = default;
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  /// log_norm: (n × n_genes) in model order. Appends n × n_types probabilities, each row of which sums to 1, and n ×
  /// embedding_width() numbers of the embedding.
  virtual void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
                       std::vector<float>& embedding) const = 0;
  /// Of the weights of the genes; where there is one precision alone, nothing changes.
  virtual void prepare(kernels::Precision) {}
};

struct PredictorOptions {
  kernels::Device device = kernels::Device::kCpu;
  bool dense = false;  // by torch on dense arrays: see Network::compute_densely()
  kernels::Precision precision = kernels::Precision::kFloat;
};

/// Reads one member's file. Throws InputError naming it where a weight is missing or has another shape than
/// `architecture` says.
using PredictorLoader = std::unique_ptr<Predictor> (*)(const std::filesystem::path& weights,
                                                       const Architecture& architecture);

/// Makes a kind that is no network known to load_predictor(): modules above this one call it once, before the first
/// model is loaded.
void register_predictor(ModelKind kind, PredictorLoader loader);

/// Loads a member of any kind. Throws InputError as PredictorLoader does, and for options that a baseline lacks.
std::unique_ptr<Predictor> load_predictor(const std::filesystem::path& weights, const Architecture& architecture,
                                          const PredictorOptions& options);

}  // namespace sctab::nn
