#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sctab/benchmark/findings.hpp"
#include "sctab/benchmark/results.hpp"

namespace sctab::benchmark {

/// One self-contained HTML file: findings, the recipe's figures, means over seeds and Welch tests. missing: what
/// missing_measures() says.
void write_page(const std::filesystem::path& path, const Results& results, const std::vector<Finding>& findings,
                const std::vector<std::string>& missing);

}  // namespace sctab::benchmark
