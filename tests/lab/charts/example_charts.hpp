#pragma once

#include <cmath>

#include "lab/charts/chart.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::tests {

/// A name as cell types have them, and worse.
inline constexpr const char* kNastyName = "CD14-low, CD16+ <monocyte> & \"kin\"";

inline charts::BarChart example_bars() {
  charts::BarChart chart;
  chart.title = "Macro F1 of the models";
  chart.caption = "Mean and standard deviation of three seeds; points are single seeds.";
  chart.y.title = "macro F1";
  chart.groups = {"blood", "lung", kNastyName};
  chart.series = {"tabnet", "xgboost"};
  chart.estimates = {{{0.83, 0.02, {0.81, 0.83, 0.85}}, {0.7, charts::kNoValue, {}}, {0.65, 0.01, {}}},
                     {{0.80, 0.01, {0.79, 0.8, 0.81}}, {}, {0.6, 0.2, {}}}};
  return chart;
}

inline charts::LineChart example_lines() {
  charts::LineChart chart;
  chart.title = "Macro F1 against training cells";
  chart.x = {"training cells", true};
  chart.y.title = "macro F1";
  chart.series = {{"tabnet", {{1e6, {0.8, 0.01, {0.79, 0.81}}}, {1e4, {0.5, 0.05, {}}}, {1e5, {0.7, 0.02, {}}}}},
                  {"linear", {{1e4, {0.6, 0.01, {}}}, {1e5, {}}, {1e6, {0.72, 0.01, {}}}}},
                  {"never run", {}}};
  return chart;
}

inline charts::ScatterChart example_scatter(std::size_t n_points) {
  charts::ScatterChart chart;
  chart.title = "Cells and donors of each type";
  chart.x = {"donors", true};
  chart.y = {"cells", true};
  chart.diagonal = true;
  chart.series = {{"types", {}}};
  core::Rng rng(1);
  for (std::size_t i = 0; i < n_points; ++i) {
    const double donors = std::exp(4 + rng.normal());
    chart.series[0].points.push_back({donors, donors * std::exp(4 + rng.normal()), kNastyName});
  }
  return chart;
}

inline charts::BoxChart example_boxes() {
  charts::BoxChart chart;
  chart.title = "Uncertainty of right and wrong calls";
  chart.y.title = "1 - max probability";
  chart.boxes = {{"right", {0.01, 0.02, 0.05, 0.1, 0.12, 0.9}}, {kNastyName, {0.3, 0.5, 0.55, 0.8}}, {"none", {}}};
  return chart;
}

inline charts::Treemap example_treemap() {
  charts::Treemap chart;
  chart.title = "Cells of each tissue and type";
  chart.groups = {{"blood", {{"CD8-positive, alpha-beta T cell", 50'000}, {kNastyName, 20'000}, {"B cell", 9'000}}},
                  {"lung", {{"macrophage", 30'000}, {"none", 0}, {"unknown", charts::kNoValue}}},
                  {"empty", {}}};
  return chart;
}

inline charts::HeatMap example_heat_map() {
  charts::HeatMap chart;
  chart.title = "Confusions";
  chart.rows = {"T cell", kNastyName};
  chart.columns = {"T cell", kNastyName, "B cell"};
  chart.values = {{0.9, 0.05, 0.05}, {0.3, 0.7, charts::kNoValue}};
  return chart;
}

}  // namespace sctab::tests
