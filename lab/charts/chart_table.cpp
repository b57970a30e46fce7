#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lab/charts/chart.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr std::size_t kMostListedPoints = 2000;  // charts with more points are summarised

std::string text_of(const Estimate& estimate) {
  std::string text = core::format_with_deviation(estimate.mean, estimate.deviation);
  std::string values;
  for (const double value : estimate.values) values += (values.empty() ? "" : ", ") + core::format_number(value);
  return values.empty() ? text : fmt::format("{} ({})", text, values);
}

/// The titles of what add_box() adds.
constexpr std::array kBoxColumns = {"values", "least", "lower quartile", "median", "upper quartile", "greatest"};

/// Adds the numbers of a box to a row.
void add_box(const BoxSummary& box, std::vector<std::string>& row) {
  for (const double number :
       {static_cast<double>(box.n), box.least, box.lower_quartile, box.median, box.upper_quartile, box.greatest}) {
    row.push_back(core::format_number(number));
  }
}

std::string titled(const Axis& axis, const char* otherwise) {
  return axis.title.empty() ? otherwise : axis.title;
}

Table points_of(const ScatterChart& chart) {
  Table table{{"point", "series", titled(chart.x, "x"), titled(chart.y, "y")}, {}};
  for (const auto& series : chart.series) {
    for (const auto& point : series.points) {
      table.rows.push_back({point.name, series.name, core::format_number(point.x), core::format_number(point.y)});
    }
  }
  return table;
}

Table summary_of(const ScatterChart& chart) {
  Table table{{"series", "axis"}, {}};
  std::ranges::copy(kBoxColumns, std::back_inserter(table.columns));
  for (const auto& series : chart.series) {
    std::vector<double> xs, ys;
    for (const auto& point : series.points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
    const auto add = [&](const std::string& axis, std::vector<double> values) {
      add_box(summarise(std::move(values)), table.rows.emplace_back(std::vector{series.name, axis}));
    };
    add(titled(chart.x, "x"), std::move(xs));
    add(titled(chart.y, "y"), std::move(ys));
  }
  return table;
}

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

BoxSummary summarise(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  BoxSummary box;
  box.n = values.size();
  if (values.empty()) return box;
  std::sort(values.begin(), values.end());
  box.least = values.front();
  box.greatest = values.back();
  box.lower_quartile = quantile(values, 0.25);
  box.median = quantile(values, 0.5);
  box.upper_quartile = quantile(values, 0.75);
  box.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  const double reach = 1.5 * (box.upper_quartile - box.lower_quartile);
  box.lower_whisker = *std::lower_bound(values.begin(), values.end(), box.lower_quartile - reach);
  box.upper_whisker = *std::prev(std::upper_bound(values.begin(), values.end(), box.upper_quartile + reach));
  for (const double value : values) {
    if (value < box.lower_whisker || value > box.upper_whisker) box.outliers.push_back(value);
  }
  return box;
}

Table numbers(const BarChart& chart) {
  Table table{{titled(chart.y, "")}, {}};
  table.columns.insert(table.columns.end(), chart.series.begin(), chart.series.end());
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(chart.groups[g]);
    for (const auto& of_series : chart.estimates) row.push_back(text_of(of_series.at(g)));
  }
  return table;
}

Table numbers(const LineChart& chart) {
  Table table{{"series", titled(chart.x, "x"), titled(chart.y, "y")}, {}};
  for (const auto& series : chart.series) {
    if (series.points.empty()) table.rows.push_back({series.name, core::kNoValueText, core::kNoValueText});
    for (const auto& point : series.points) {
      table.rows.push_back({series.name, core::format_number(point.x), text_of(point.y)});
    }
  }
  return table;
}

Table numbers(const ScatterChart& chart) {
  std::size_t n = 0;
  for (const auto& series : chart.series) n += series.points.size();
  return n > kMostListedPoints ? summary_of(chart) : points_of(chart);
}

Table numbers(const BoxChart& chart) {
  Table table{{titled(chart.y, "")}, {}};
  std::ranges::copy(kBoxColumns, std::back_inserter(table.columns));
  table.columns.emplace_back("mean");
  for (const auto& box : chart.boxes) {
    const BoxSummary summary = summarise(box.values);
    std::vector<std::string>& row = table.rows.emplace_back(std::vector{box.name});
    add_box(summary, row);
    row.push_back(core::format_number(summary.mean));
  }
  return table;
}

Table numbers(const Treemap& chart) {
  double total = 0;
  for (const auto& group : chart.groups) {
    for (const auto& leaf : group.leaves) total += std::isfinite(leaf.size) && leaf.size > 0 ? leaf.size : 0;
  }
  Table table{{"group", "part", "size", "share of all"}, {}};
  for (const auto& group : chart.groups) {
    for (const auto& leaf : group.leaves) {
      const double share = 100 * leaf.size / total;
      table.rows.push_back({group.name, leaf.name, core::format_number(leaf.size),
                            std::isfinite(share) ? fmt::format("{:.2f}%", share) : core::kNoValueText});
    }
  }
  return table;
}

Table numbers(const HeatMap& chart) {
  Table table{{""}, {}};
  table.columns.insert(table.columns.end(), chart.columns.begin(), chart.columns.end());
  for (std::size_t r = 0; r < chart.rows.size(); ++r) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(chart.rows[r]);
    for (const double value : chart.values.at(r)) row.push_back(core::format_number(value));
  }
  return table;
}

}  // namespace sctab::charts
