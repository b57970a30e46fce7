#pragma once

#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::model {

/// One member of a model, ready to predict. What the classifier runs.
class Predictor {
 public:
  Predictor() = default;
  virtual ~Predictor() = default;
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  /// log_norm: (n × n_inputs()) in model order. Appends n × n_types probabilities, each row of which sums to 1, and n ×
  /// embedding_width() numbers of the embedding.
  virtual void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
                       std::vector<float>& embedding) const = 0;
  /// Sets the precision of the genes' weights; does nothing for kinds that have only one.
  virtual void prepare(kernels::Precision) {}
};

struct PredictorOptions {
  kernels::Device device = kernels::Device::kCpu;
  kernels::Precision precision = kernels::Precision::kFloat;
};

}  // namespace sctab::model
