#pragma once

#include <nlohmann/json_fwd.hpp>

#include "settings.hpp"

namespace sctab::bench {

/// Simulates the file that is annotated and builds the store from it, unless an earlier run with the same sizes left
/// both: some minutes and 1 GB at the paper's size.
nlohmann::json make_bench_data(const Settings& settings);

}  // namespace sctab::bench
