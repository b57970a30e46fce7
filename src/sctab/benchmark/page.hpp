#pragma once

#include <filesystem>
#include <vector>

#include "sctab/benchmark/findings.hpp"
#include "sctab/benchmark/results.hpp"

namespace sctab::benchmark {

/// One self-contained HTML file: findings, the recipe's figures, means over seeds and Welch tests.
void write_page(const std::filesystem::path& path, const Results& results, const std::vector<Finding>& findings);

}  // namespace sctab::benchmark
