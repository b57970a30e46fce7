#include "lab/charts/map_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::charts {
namespace {

constexpr std::size_t kMostDrawn = 2'500;  // cells per chart: 10,000 marks on the page
constexpr std::size_t kMostSeries = 11;    // and one of all others: as many as charts have colours

/// The points of a map that are drawn: the raw cells, then the same cells augmented.
std::vector<augment::MapPoint> drawn_points(const augment::CheckResult& result) {
  const std::size_t n_cells = result.map.size() / 2, n_drawn = std::min(n_cells, kMostDrawn);
  const auto raw = result.map.begin(), augmented = raw + static_cast<std::ptrdiff_t>(n_cells);
  std::vector<augment::MapPoint> points(raw, raw + static_cast<std::ptrdiff_t>(n_drawn));
  points.insert(points.end(), augmented, augmented + static_cast<std::ptrdiff_t>(n_drawn));
  return points;
}

/// An axis over all values, so that the charts can be compared; as a chart chooses it if they are all equal.
Axis axis_of(const std::vector<augment::MapPoint>& points, float augment::MapPoint::*value, const char* title) {
  Axis axis{title};
  if (points.empty()) return axis;
  const auto [least, most] = std::ranges::minmax(points, {}, value);
  if (least.*value < most.*value) {
    axis.from = static_cast<double>(least.*value);
    axis.to = static_cast<double>(most.*value);
  }
  return axis;
}

/// The names that get their own series, by number of points, largest first.
std::vector<std::string> frequent_names(const std::vector<augment::MapPoint>& points,
                                        const std::vector<std::string>& name_of_point) {
  std::map<std::string, std::int64_t> counts;
  for (std::size_t i = 0; i < points.size(); ++i) ++counts[name_of_point[i]];
  std::vector<std::pair<std::string, std::int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), &std::pair<std::string, std::int64_t>::second);
  std::vector<std::string> names;
  for (const auto& [name, count] : sorted) {
    if (names.size() < kMostSeries) names.push_back(name);
  }
  return names;
}

/// The raw or the augmented cells, with one series per name.
ScatterChart chart_of(const std::vector<augment::MapPoint>& points, const std::vector<std::string>& name_of_point,
                      const char* coloured_by, bool augmented) {
  ScatterChart chart;
  chart.title = fmt::format("{} cells by {}", augmented ? "Augmented" : "Raw", coloured_by);
  chart.x = axis_of(points, &augment::MapPoint::pc1, "principal component 1 of the raw cells");
  chart.y = axis_of(points, &augment::MapPoint::pc2, "principal component 2 of the raw cells");
  const std::vector<std::string> names = frequent_names(points, name_of_point);
  for (const std::string& name : names) chart.series.push_back({name, {}});
  ScatterChart::Series others{"all others", {}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].augmented != augmented) continue;
    const auto at = std::ranges::find(names, name_of_point[i]) - names.begin();
    ScatterChart::Series& series = at < std::ssize(names) ? chart.series[static_cast<std::size_t>(at)] : others;
    series.points.push_back({static_cast<double>(points[i].pc1), static_cast<double>(points[i].pc2), name_of_point[i]});
  }
  if (!others.points.empty()) chart.series.push_back(std::move(others));
  return chart;
}

void add_pictures(Page& page, const std::vector<augment::MapPoint>& points, const std::vector<std::string>& names,
                  const char* coloured_by) {
  page.add_heading(fmt::format("By {}", coloured_by));
  for (const bool augmented : {false, true}) page.add_chart(chart_of(points, names, coloured_by, augmented));
}

}  // namespace

Table r_squared_table(const augment::CheckResult& result) {
  Table table{{"R² of", "raw", "augmented", "raw, gene mean", "augmented, gene mean"}, {}};
  const auto add = [&table](const char* name, const augment::RSquared& raw, const augment::RSquared& augmented) {
    table.rows.push_back({name, core::format_score(raw.of_total), core::format_score(augmented.of_total),
                          core::format_score(raw.gene_mean), core::format_score(augmented.gene_mean)});
  };
  add("cell type", result.raw.cell_type, result.augmented.cell_type);
  add("donor", result.raw.donor, result.augmented.donor);
  add("cell type and donor", result.raw.both, result.augmented.both);
  return table;
}

Page map_page(const augment::CheckResult& result, const store::Store& store) {
  const std::vector<augment::MapPoint> points = drawn_points(result);
  const std::vector<std::int32_t> types = store.codes(store::Split::kTrain, store::Field::kCellType);
  const std::vector<std::int32_t> donors = store.codes(store::Split::kTrain, store::Field::kDonor);
  const std::vector<std::string>& donor_names = store.tables().column(store::Field::kDonor);
  std::vector<std::string> type_of_point, donor_of_point;
  for (const augment::MapPoint& point : points) {
    const auto cell = static_cast<std::size_t>(point.cell);
    type_of_point.push_back(store.tables().cell_types[static_cast<std::size_t>(types[cell])].label);
    donor_of_point.push_back(donors[cell] < 0 ? std::string(store::kUnknownValue)
                                              : donor_names[static_cast<std::size_t>(donors[cell])]);
  }
  Page page("What augmentation changes",
            fmt::format("{}: {} training cells compared, {} drawn", store.directory().filename().string(),
                        core::format_count(result.n_cells),
                        core::format_count(static_cast<std::int64_t>(points.size() / 2))));
  page.add_heading("Variance that cell type and donor explain");
  page.add_text(
      "R² of linear regressions of all genes, as a fraction of their summed variance and as the mean over genes. "
      "Augmentation should lower what the donor explains.");
  page.add_table("", r_squared_table(result));
  add_pictures(page, points, type_of_point, "cell type");
  add_pictures(page, points, donor_of_point, "donor");
  return page;
}

}  // namespace sctab::charts
