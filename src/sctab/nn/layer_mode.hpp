#pragma once

#include <cstdint>

namespace sctab::kernels {
struct Backend;
}

namespace sctab::nn {

enum class LayerMode {
  kTrain,     // batch statistics, which also move the running ones; dropout
  kEval,      // running statistics; no dropout
  kEstimate,  // batch statistics, which are merged into the running ones exactly; no dropout
};

/// How the layers are to treat one batch.
struct LayerPass {
  LayerMode mode = LayerMode::kTrain;
  std::int64_t cells_before = 0;              // kEstimate: the cells that the running statistics already stand for
  const kernels::Backend* kernels = nullptr;  // what computes; null: torch, on dense arrays
};

}  // namespace sctab::nn
