#pragma once

#include <string>
#include <vector>

#include "sctab/benchmark/results.hpp"
#include "sctab/report/chart.hpp"

namespace sctab::benchmark {

/// The charts that a recipe's figures ask for, from the trials that are finished. All values are means over seeds, with
/// their standard deviation.
report::Estimate estimate(std::vector<double> values);
/// Groups: models; series: parts.
report::BarChart bars(const Results& results, const FigureSpec& figure);
/// Macro F1. Groups: tissues of the test cells; series: models and parts.
report::BarChart tissues(const Results& results, const FigureSpec& figure);
/// x: epochs of training, of those that all seeds have; series: models and parts.
report::LineChart curves(const Results& results, const FigureSpec& figure);
/// A point a type: F1 over its training cells; series: models and parts. Types without any are in the caption.
report::ScatterChart types(const Results& results, const FigureSpec& figure);
/// x: the measure figure.over. A line for each model over the parts that are by cells, and one over those by donors;
/// the whole corpus is on both. Without such parts, one line over the models.
report::LineChart lines(const Results& results, const FigureSpec& figure);
/// x: members of the ensemble that are asked.
report::LineChart members(const Results& results, const FigureSpec& figure);
/// Right and wrong calls by their probability, as shares of the right and of the wrong ones.
report::BarChart reliability(const Results& results, const FigureSpec& figure);

}  // namespace sctab::benchmark
