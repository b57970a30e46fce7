#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/experiments/findings.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// Means and standard deviations over seeds: one row per model and part, with the main measures.
charts::Table summary_table(const Results& results);
/// Macro F1 by tissue; empty if there are no tissues.
charts::Table tissue_table(const Results& results);
/// Welch tests, one row each, of two models on one part and of one model on two parts: for the first measure (macro_f1,
/// or cells_per_second if there is none), and for the measures of the recipe's bars with their models and parts. Holm's
/// correction is within each measure.
charts::Table welch_table(const Results& results);
/// For people: each side's numbers with its model and part.
charts::Table findings_table(const std::vector<Finding>& findings);

/// Writes trials.csv (one row per trial), summary.csv (one row per model, part and measure), tissues.csv, types.csv,
/// welch.csv, findings.csv, and everything as results.json; each whole or not at all. missing: from missing_measures().
void write_tables(const std::filesystem::path& directory, const Results& results, const std::vector<Finding>& findings,
                  const std::vector<std::string>& missing);

/// Text for people, with columns as wide as needed.
std::string table_text(const charts::Table& table);

}  // namespace sctab::experiments
