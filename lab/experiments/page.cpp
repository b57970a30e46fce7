#include "lab/experiments/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "lab/charts/page.hpp"
#include "lab/experiments/student.hpp"
#include "lab/experiments/tables.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::experiments {
namespace {

using charts::BarChart;
using charts::Estimate;
using charts::LineChart;
using charts::ScatterChart;
using nlohmann::json;

template <typename Chart>
Chart titled(const FigureSpec& figure) {
  Chart chart;
  chart.title = figure.title;
  chart.caption = figure.caption;
  return chart;
}

std::vector<std::string> models_of(const Results& results, const FigureSpec& figure) {
  std::vector<std::string> names;
  for (const ModelSpec& model : results.recipe().models) {
    if (is_among(figure.models, model.name)) names.push_back(model.name);
  }
  return names;
}

std::vector<const PartSpec*> parts_of(const Results& results, const FigureSpec& figure) {
  std::vector<const PartSpec*> parts;
  for (const PartSpec& part : results.recipe().parts) {
    if (is_among(figure.parts, part.name)) parts.push_back(&part);
  }
  return parts;
}

/// A model and part with finished trials, and a name that tells it from the others.
struct Row {
  std::string model, part, name;
};
std::vector<Row> rows_of(const Results& results, const FigureSpec& figure) {
  const std::vector<std::string> models = models_of(results, figure);
  const auto parts = parts_of(results, figure);
  std::vector<Row> rows;
  for (const std::string& model : models) {
    for (const PartSpec* part : parts) {
      if (results.of(model, part->name).empty()) continue;
      std::string name = parts.size() == 1 ? model : models.size() == 1 ? part->name : model + ", " + part->name;
      rows.push_back({model, part->name, std::move(name)});
    }
  }
  return rows;
}

const json& list_of(const json& trial, const char* key) {
  static const json kNone = json::array();
  const auto found = trial.find(key);
  return found == trial.end() ? kNone : *found;
}

void add_number(const json& value, std::vector<double>& values) {
  if (value.is_number()) values.push_back(value.get<double>());
}

/// Whether no value of the measure can exceed 1.
bool is_share(std::string_view measure) {
  const std::string_view name = measure.substr(0, measure.find('@'));
  return name.ends_with("f1") || name.starts_with("auc_") || name.starts_with("tissue:") || name.starts_with("type:") ||
         name == "macro_f1_uncorrected" || name == "expected_calibration_error" || name == "fraction";
}

charts::Axis axis_of(const std::string& measure) {
  static const std::map<std::string, std::string, std::less<>> kTitles = {
      {"macro_f1", "macro F1"},
      {"val_macro_f1", "macro F1 on the validation cells"},
      {"val_loss", "loss on the validation cells"},
      {"train_loss", "loss on the training cells"},
      {"n_train_cells", "training cells"},
      {"n_train_donors", "training donors"},
      {"n_parameters", "parameters"},
      {"fraction", "fraction of the corpus"},
      {"cells_per_second", "cells per second"},
      {"auc_right_wrong", "area under the curve, right vs wrong calls"},
      {"auc_known_absent", "area under the curve, known vs absent types"}};
  const auto found = kTitles.find(measure);
  return {.title = found == kTitles.end() ? measure : found->second,
          .at_most = is_share(measure) ? 1 : charts::kNoValue};
}

bool spans_orders(const std::string& measure) {
  return measure.starts_with("n_");
}

/// The point of a model on a part.
LineChart::Point point(const Results& results, const FigureSpec& figure, const std::string& model,
                       const std::string& part) {
  return {moments(results.values(model, part, figure.over)).mean,
          estimate(results.values(model, part, figure.measure))};
}

void add_sentence(const std::string& sentence, std::string& caption) {
  caption += (caption.empty() ? "" : " ") + sentence;
}

void add_series(std::string name, std::vector<LineChart::Point> points, LineChart& chart) {
  std::erase_if(points, [](const LineChart::Point& p) { return std::isnan(p.x) || std::isnan(p.y.mean); });
  std::ranges::sort(points, {}, &LineChart::Point::x);
  if (!points.empty()) chart.series.push_back({std::move(name), std::move(points)});
}

void add_line_over_parts(const Results& results, const FigureSpec& figure, const std::string& model,
                         corpus::SubsampleBy by, LineChart& chart) {
  std::vector<LineChart::Point> points;
  bool has_part = false;
  for (const PartSpec* part : parts_of(results, figure)) {
    // Parts that are not a fraction are left out, except the whole corpus: one tissue's cells are not a sample of it.
    if (part->by ? *part->by != by : !part->is_whole()) continue;
    has_part |= part->by.has_value();
    points.push_back(point(results, figure, model, part->name));
  }
  if (has_part) add_series(fmt::format("{}, by {}", model, corpus::name(by)), std::move(points), chart);
}

}  // namespace

Estimate estimate(std::vector<double> values) {
  const Moments found = moments(values);
  return {found.mean, found.deviation, std::move(values)};
}

BarChart bars(const Results& results, const FigureSpec& figure) {
  auto chart = titled<BarChart>(figure);
  chart.y = axis_of(figure.measure);
  chart.y.from = 0;
  chart.groups = models_of(results, figure);
  for (const PartSpec* part : parts_of(results, figure)) {
    chart.series.push_back(part->name);
    std::vector<Estimate>& row = chart.estimates.emplace_back();
    for (const std::string& model : chart.groups)
      row.push_back(estimate(results.values(model, part->name, figure.measure)));
  }
  return chart;
}

BarChart tissues(const Results& results, const FigureSpec& figure) {
  auto chart = titled<BarChart>(figure);
  chart.y = axis_of("macro_f1");
  chart.y.from = 0;
  chart.groups = results.tissues();
  for (const Row& row : rows_of(results, figure)) {
    chart.series.push_back(row.name);
    std::vector<Estimate>& estimates = chart.estimates.emplace_back();
    for (const std::string& tissue : chart.groups) {
      estimates.push_back(estimate(results.values(row.model, row.part, "tissue:" + tissue)));
    }
  }
  return chart;
}

LineChart curves(const Results& results, const FigureSpec& figure) {
  auto chart = titled<LineChart>(figure);
  chart.x = {.title = "epoch", .whole = true};
  bool is_cut = false;
  chart.y = axis_of(figure.measure);
  for (const Row& row : rows_of(results, figure)) {
    std::map<std::int64_t, std::vector<double>> by_epoch;
    for (const json* trial : results.of(row.model, row.part)) {
      for (const json& epoch : list_of(*trial, "curve")) {
        add_number(epoch.at(figure.measure), by_epoch[epoch.at("epoch").get<std::int64_t>()]);
      }
    }
    std::vector<LineChart::Point> points;
    const std::size_t n_seeds = by_epoch.empty() ? 0 : by_epoch.begin()->second.size();
    for (auto& [epoch, values] : by_epoch) {
      if (values.size() < n_seeds) {  // a mean over the remaining seeds would be over other seeds
        is_cut = true;
        break;
      }
      LineChart::Point one{static_cast<double>(epoch), estimate(std::move(values))};
      one.y.values.clear();  // points for each seed and epoch would hide the lines
      points.push_back(std::move(one));
    }
    add_series(row.name, std::move(points), chart);
  }
  if (is_cut) add_sentence("Means over seeds end where the first seed's training stopped.", chart.caption);
  return chart;
}

ScatterChart types(const Results& results, const FigureSpec& figure) {
  auto chart = titled<ScatterChart>(figure);
  chart.x = {.title = "training cells of the type", .logarithmic = true};
  chart.y = {.title = "F1", .from = 0, .to = 1};
  for (const Row& row : rows_of(results, figure)) {
    struct Type {
      std::vector<double> cells, f1;
    };
    std::map<std::string, Type> found;
    for (const json* trial : results.of(row.model, row.part)) {
      for (const json& type : list_of(*trial, "per_type")) {
        Type& one = found[type.at("label").get<std::string>()];
        add_number(type.at("n_train"), one.cells);
        add_number(type.at("f1"), one.f1);
      }
    }
    ScatterChart::Series series{row.name, {}};
    std::vector<std::string> unseen;  // a logarithmic axis has no place for them
    for (const auto& [label, type] : found) {
      const double cells = moments(type.cells).mean, f1 = moments(type.f1).mean;
      if (cells > 0 && !std::isnan(f1)) series.points.push_back({cells, f1, label});
      if (cells == 0 && !std::isnan(f1)) unseen.push_back(fmt::format("{} ({:.2f})", label, f1));
    }
    if (!unseen.empty()) {
      add_sentence(fmt::format("{}: {} without training cells (F1): {}.", row.name,
                               core::plural(std::ssize(unseen), "type"), fmt::join(unseen, ", ")),
                   chart.caption);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

LineChart lines(const Results& results, const FigureSpec& figure) {
  auto chart = titled<LineChart>(figure);
  chart.x = axis_of(figure.over);
  chart.y = axis_of(figure.measure);
  chart.x.logarithmic = spans_orders(figure.over);
  const auto parts = parts_of(results, figure);
  if (std::ranges::any_of(parts, [](const PartSpec* part) { return part->by.has_value(); })) {
    for (const std::string& model : models_of(results, figure)) {
      add_line_over_parts(results, figure, model, corpus::SubsampleBy::kCells, chart);
      add_line_over_parts(results, figure, model, corpus::SubsampleBy::kDonors, chart);
    }
    return chart;
  }
  for (const PartSpec* part : parts) {
    std::vector<LineChart::Point> points;
    for (const std::string& model : models_of(results, figure)) {
      points.push_back(point(results, figure, model, part->name));
    }
    add_series(part->name, std::move(points), chart);
  }
  return chart;
}

LineChart members(const Results& results, const FigureSpec& figure) {
  auto chart = titled<LineChart>(figure);
  chart.x = {.title = "members", .whole = true};
  chart.y = axis_of(figure.measure);
  for (const Row& row : rows_of(results, figure)) {
    std::size_t most = 0;
    for (const json* trial : results.of(row.model, row.part)) most = std::max(most, list_of(*trial, "members").size());
    std::vector<LineChart::Point> points;
    for (std::size_t n = 1; n <= most; ++n) {
      const std::string measure = fmt::format("{}@{}", figure.measure, n);
      points.push_back({static_cast<double>(n), estimate(results.values(row.model, row.part, measure))});
    }
    add_series(row.name, std::move(points), chart);
  }
  return chart;
}

BarChart reliability(const Results& results, const FigureSpec& figure) {
  auto chart = titled<BarChart>(figure);
  chart.y = {.title = "calls, % of the right or wrong ones", .from = 0};
  for (const Row& row : rows_of(results, figure)) {
    std::map<double, std::pair<double, double>> bins;  // by lower bound: right, wrong
    double n_right = 0, n_wrong = 0;
    for (const json* trial : results.of(row.model, row.part)) {
      for (const json& bin : list_of(*trial, "reliability")) {
        auto& [right, wrong] = bins[bin.at("lower").get<double>()];
        right += bin.at("n_right").get<double>();
        wrong += bin.at("n_wrong").get<double>();
        n_right += bin.at("n_right").get<double>();
        n_wrong += bin.at("n_wrong").get<double>();
      }
    }
    if (bins.empty()) continue;
    const bool is_first = chart.groups.empty();
    std::vector<Estimate> of_right, of_wrong;
    for (const auto& [lower, counts] : bins) {
      if (is_first) chart.groups.push_back(fmt::format("{:.2f}", lower));
      of_right.push_back({.mean = n_right > 0 ? 100 * counts.first / n_right : charts::kNoValue, .values = {}});
      of_wrong.push_back({.mean = n_wrong > 0 ? 100 * counts.second / n_wrong : charts::kNoValue, .values = {}});
    }
    chart.series.push_back(row.name + ", right calls");
    chart.estimates.push_back(std::move(of_right));
    chart.series.push_back(row.name + ", wrong calls");
    chart.estimates.push_back(std::move(of_wrong));
  }
  return chart;
}

namespace {

/// A chart without values is not drawn: its trials failed, or the test set has no such cells.
template <typename Chart>
void add(const Chart& chart, charts::Page& page) {
  bool is_empty = chart.series.empty();
  if constexpr (std::is_same_v<Chart, BarChart>) is_empty |= chart.groups.empty();
  if (is_empty) return page.add_text(fmt::format("{}: nothing was measured.", chart.title));
  page.add_chart(chart);
}

void add_figure(const Results& results, const FigureSpec& figure, charts::Page& page) {
  switch (figure.kind) {
    case FigureKind::kBars:
      return add(bars(results, figure), page);
    case FigureKind::kTissues:
      return add(tissues(results, figure), page);
    case FigureKind::kCurves:
      return add(curves(results, figure), page);
    case FigureKind::kTypes:
      return add(types(results, figure), page);
    case FigureKind::kLines:
      return add(lines(results, figure), page);
    case FigureKind::kMembers:
      return add(members(results, figure), page);
    case FigureKind::kReliability:
      return add(reliability(results, figure), page);
  }
}

void add_table(const std::string& heading, const std::string& caption, const charts::Table& table, charts::Page& page) {
  if (table.rows.empty()) return;
  page.add_heading(heading);
  page.add_table(caption, table);
}

}  // namespace

void write_page(const std::filesystem::path& path, const Results& results, const std::vector<Finding>& findings,
                const std::vector<std::string>& missing) {
  const Recipe& recipe = results.recipe();
  charts::Page page(recipe.title, recipe.draws);
  page.add_text(fmt::format(
      "{}, seeds {}. Scores are on held-out test donors, corrected with the Cell Ontology; ± is the standard "
      "deviation over seeds.",
      core::plural(std::ssize(results.trials()), "finished trial"), fmt::join(recipe.seeds, ", ")));
  if (!results.run().recipe.empty()) add_table("This run", "", run_table(results.run()), page);
  add_table("Trials missing from the tables", "", lacking_table(results.run()), page);
  add_table(
      "Findings of the paper, at this size",
      "A finding held or did not hold if p is 0.05 or less in Welch's test over seeds, or in a paired test seed by "
      "seed if the two sides share trials. Seeds vary the training and the part of the corpus that is drawn, but "
      "not the test donors.",
      findings_table(findings), page);
  if (!recipe.figures.empty()) page.add_heading("Figures");
  for (const FigureSpec& figure : recipe.figures) add_figure(results, figure, page);
  if (!missing.empty()) page.add_heading("Not measured");
  for (const std::string& text : missing) page.add_text(text + ".");
  if (!results.notes().empty()) page.add_heading("Notes on the results");
  for (const std::string& text : results.notes()) page.add_text(text + ".");
  add_table("Means over seeds", "", summary_table(results), page);
  add_table("Macro F1 by tissue", "", tissue_table(results), page);
  add_table("Welch tests",
            "Two models on one part, and one model on two parts. p is two-sided; the last column has Holm's correction "
            "for the number of tests of the same measure.",
            welch_table(results), page);
  page.write(path);
}

}  // namespace sctab::experiments
