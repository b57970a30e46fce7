#pragma once

#include <memory>

#include "sctab/model/inference_network.hpp"
#include "sctab/model/network_weights.hpp"

namespace sctab::model {

/// TabNet (Arik and Pfister 2021) as scTab uses it: each step looks at the genes through a sparse mask of its own and
/// adds to the embedding. nn/tabnet.hpp has the one that is trained.
std::unique_ptr<InferenceNetwork> load_tabnet(NetworkWeights& weights, const Architecture& architecture,
                                              const kernels::Backend& kernels);

}  // namespace sctab::model
