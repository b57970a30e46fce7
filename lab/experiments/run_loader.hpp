#pragma once

#include "lab/experiments/recipe.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

/// Training cells a second that a loader delivers, over one epoch after a first that fills its memory (and, unless the
/// model says cold, the page cache). seed: decides the order.
double loader_rate(const store::Store& store, const ModelSpec& model, std::uint64_t seed);

/// How many threads that takes: the recipe's, or where it gives none those of this machine.
int loader_threads(const ModelSpec& model);

}  // namespace sctab::experiments
