#include "lab/experiments/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/charts/page.hpp"
#include "lab/experiments/figures.hpp"
#include "lab/experiments/tables.hpp"
#include "lab/experiments/welch.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::experiments {
namespace {

/// A chart without values is not drawn: its trials failed, or the test set has no such cells.
template <typename Chart>
bool is_empty(const Chart& chart) {
  return chart.series.empty();
}
bool is_empty(const charts::BarChart& chart) {
  return chart.series.empty() || chart.groups.empty();
}

template <typename Chart>
void add(const Chart& chart, charts::Page& page) {
  if (is_empty(chart)) return page.add_text(fmt::format("{}: nothing was measured.", chart.title));
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
