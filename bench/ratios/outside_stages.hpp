#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "settings.hpp"

namespace sctab::bench {

// Programs other than this one. Each returns some of bench.json's entries and adds the command lines that gave them.

/// bench_torch.py twice: as it comes, and with the three variables that sctab sets for itself. The reference is the
/// faster. Empty where there is no python3-torch or no SCTAB_BENCH_REFERENCE.
nlohmann::json reference_stage(const Settings& settings, std::vector<std::string>& commands);

/// `sctab annotate` of the simulated file with the model of the store stage: the whole process, file to file.
nlohmann::json annotate_stage(const Settings& settings, std::vector<std::string>& commands);

/// bench_kernels, one entry a kernel.
nlohmann::json kernels_stage(const Settings& settings, std::vector<std::string>& commands);

}  // namespace sctab::bench
