#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lab/charts/table.hpp"
#include "lab/experiments/findings.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// Means and standard deviations over seeds: one row a model and part, with the measures that say how well it does.
charts::Table summary_table(const Results& results);
/// Macro F1 by tissue; empty where there are no tissues.
charts::Table tissue_table(const Results& results);
/// For people: the numbers of each side with its model and part.
charts::Table findings_table(const std::vector<Finding>& findings);

/// trials.csv (one row a trial), summary.csv (one row a model, part and measure), tissues.csv, types.csv, welch.csv,
/// findings.csv, and all of it as results.json; each whole or not at all. missing: what missing_measures() says.
void write_tables(const std::filesystem::path& directory, const Results& results, const std::vector<Finding>& findings,
                  const std::vector<std::string>& missing);

/// Columns as wide as needed, for people.
std::string table_text(const charts::Table& table);

}  // namespace sctab::experiments
