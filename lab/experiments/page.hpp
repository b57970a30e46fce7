#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/experiments/findings.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// The charts of a recipe's figures, made from finished trials. All values are means over seeds with their standard
/// deviation.
charts::Estimate estimate(std::vector<double> values);
/// Groups: models; series: parts.
charts::BarChart bars(const Results& results, const FigureSpec& figure);
/// Macro F1. Groups: tissues of the test cells; series: models and parts.
charts::BarChart tissues(const Results& results, const FigureSpec& figure);
/// x: training epochs, up to the last that all seeds have; series: models and parts.
charts::LineChart curves(const Results& results, const FigureSpec& figure);
/// One point per type: its F1 over its training cells; series: models and parts. The caption lists types without any.
charts::ScatterChart types(const Results& results, const FigureSpec& figure);
/// x: the measure figure.over. Each model has one line over the parts drawn by cells and one over those drawn by
/// donors; the whole corpus is on both. Without such parts there is one line over the models.
charts::LineChart lines(const Results& results, const FigureSpec& figure);
/// x: the number of ensemble members used.
charts::LineChart members(const Results& results, const FigureSpec& figure);
/// Right and wrong calls by probability, each in percent of all right or all wrong calls.
charts::BarChart reliability(const Results& results, const FigureSpec& figure);

/// Writes one self-contained HTML file: findings, the recipe's figures, means over seeds and Welch tests. missing: from
/// missing_measures().
void write_page(const std::filesystem::path& path, const Results& results, const std::vector<Finding>& findings,
                const std::vector<std::string>& missing);

}  // namespace sctab::experiments
