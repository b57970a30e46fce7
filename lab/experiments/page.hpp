#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lab/experiments/findings.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// Writes one self-contained HTML file: findings, the recipe's figures, means over seeds and Welch tests. missing: from
/// missing_measures().
void write_page(const std::filesystem::path& path, const Results& results, const std::vector<Finding>& findings,
                const std::vector<std::string>& missing);

}  // namespace sctab::experiments
