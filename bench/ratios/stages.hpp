#pragma once

#include <nlohmann/json_fwd.hpp>

#include "settings.hpp"

namespace sctab::bench {

// Each runs in a process of its own and returns some of bench.json's entries. Rates are cells a second.

/// Training and inference in memory, by the kernels: a new network's first steps, then a trained one's.
nlohmann::json train_stage(const Settings& settings);
/// The same by dense libtorch.
nlohmann::json dense_stage(const Settings& settings);
/// What training holds at most.
nlohmann::json memory_stage(const Settings& settings);
/// train::train() on the store, next to the same steps on the same cells in memory; leaves the model.
nlohmann::json store_stage(const Settings& settings);
/// The loader alone.
nlohmann::json loader_stage(const Settings& settings);

}  // namespace sctab::bench
