#include <fmt/format.h>

#include <cmath>

#include "lab/charts/box_summary.hpp"
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
  Table table{{"series", "axis", "values", "least", "lower quartile", "median", "upper quartile", "greatest"}, {}};
  for (const auto& series : chart.series) {
    std::vector<double> xs, ys;
    for (const auto& point : series.points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
    const auto add = [&](const std::string& axis, std::vector<double> values) {
      const BoxSummary box = summarise(std::move(values));
      table.rows.push_back({series.name, axis, core::format_number(static_cast<double>(box.n)),
                            core::format_number(box.least), core::format_number(box.lower_quartile),
                            core::format_number(box.median), core::format_number(box.upper_quartile),
                            core::format_number(box.greatest)});
    };
    add(titled(chart.x, "x"), std::move(xs));
    add(titled(chart.y, "y"), std::move(ys));
  }
  return table;
}

}  // namespace

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
  Table table{
      {titled(chart.y, ""), "values", "least", "lower quartile", "median", "upper quartile", "greatest", "mean"}, {}};
  for (const auto& box : chart.boxes) {
    const BoxSummary summary = summarise(box.values);
    table.rows.push_back({box.name, core::format_number(static_cast<double>(summary.n)),
                          core::format_number(summary.least), core::format_number(summary.lower_quartile),
                          core::format_number(summary.median), core::format_number(summary.upper_quartile),
                          core::format_number(summary.greatest), core::format_number(summary.mean)});
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
