#pragma once

#include <string>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// The charts that a recipe's figures ask for, from the trials that are finished. All values are means over seeds, with
/// their standard deviation.
charts::Estimate estimate(std::vector<double> values);
/// Groups: models; series: parts.
charts::BarChart bars(const Results& results, const FigureSpec& figure);
/// Macro F1. Groups: tissues of the test cells; series: models and parts.
charts::BarChart tissues(const Results& results, const FigureSpec& figure);
/// x: epochs of training, of those that all seeds have; series: models and parts.
charts::LineChart curves(const Results& results, const FigureSpec& figure);
/// A point a type: F1 over its training cells; series: models and parts. Types without any are in the caption.
charts::ScatterChart types(const Results& results, const FigureSpec& figure);
/// x: the measure figure.over. A line for each model over the parts that are by cells, and one over those by donors;
/// the whole corpus is on both. Without such parts, one line over the models.
charts::LineChart lines(const Results& results, const FigureSpec& figure);
/// x: members of the ensemble that are asked.
charts::LineChart members(const Results& results, const FigureSpec& figure);
/// Right and wrong calls by their probability, as shares of the right and of the wrong ones.
charts::BarChart reliability(const Results& results, const FigureSpec& figure);

}  // namespace sctab::experiments
