#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sctab/benchmark/findings.hpp"
#include "sctab/benchmark/results.hpp"
#include "sctab/report/table.hpp"

namespace sctab::benchmark {

/// Means and standard deviations over seeds: one row a model and part, with the measures that say how well it does.
report::Table summary_table(const Results& results);
/// Macro F1 by tissue; empty where there are no tissues.
report::Table tissue_table(const Results& results);
/// For people: the numbers of each side with its model and part.
report::Table findings_table(const std::vector<Finding>& findings);

/// trials.csv (one row a trial), summary.csv (one row a model, part and measure), tissues.csv, types.csv, welch.csv,
/// findings.csv, and all of it as results.json; each whole or not at all. missing: what missing_measures() says.
void write_tables(const std::filesystem::path& directory, const Results& results, const std::vector<Finding>& findings,
                  const std::vector<std::string>& missing);

/// Columns as wide as needed, for people.
std::string table_text(const report::Table& table);

}  // namespace sctab::benchmark
