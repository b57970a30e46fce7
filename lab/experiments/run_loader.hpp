#pragma once

#include "lab/experiments/recipe.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

/// Training cells per second of a loader, over one epoch after a first one that fills its memory (and, unless the model
/// is cold, the page cache). seed: decides the order.
double loader_rate(const store::Store& store, const ModelSpec& model, std::uint64_t seed);

/// The number of threads that the loader uses: the recipe's, or by default this machine's.
int loader_threads(const ModelSpec& model);

}  // namespace sctab::experiments
