#include "lab/experiments/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/charts/page.hpp"
#include "lab/experiments/figures.hpp"
#include "lab/experiments/tables.hpp"
#include "lab/experiments/welch.hpp"

namespace sctab::experiments {
namespace {

/// A chart without values is left out: its trials have failed, or there are no such cells in the test.
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
  page.add_text(
      fmt::format("{} finished trials, seeds {}. Scores are on test donors that no model saw, corrected by the "
                  "Cell Ontology; ± is the standard deviation over seeds.",
                  results.trials().size(), fmt::join(recipe.seeds, ", ")));
  if (!results.run().recipe.empty()) add_table("This run", "", run_table(results.run()), page);
  add_table("Trials that the tables lack", "", lacking_table(results.run()), page);
  add_table("Findings of the paper, at this size",
            "Held and did not hold: p of 0.05 or less in Welch's test over seeds, or where the two sides share trials "
            "in that of the differences seed by seed (paired). Seeds vary training and what is drawn of "
            "the corpus, not the donors of the test.",
            findings_table(findings), page);
  if (!recipe.figures.empty()) page.add_heading("Figures");
  for (const FigureSpec& figure : recipe.figures) add_figure(results, figure, page);
  if (!missing.empty()) page.add_heading("Not measured");
  for (const std::string& text : missing) page.add_text(text + ".");
  if (!results.notes().empty()) page.add_heading("Notes on the results");
  for (const std::string& text : results.notes()) page.add_text(text + ".");
  add_table("Means over seeds", "", summary_table(results), page);
  add_table("Macro F1 by tissue", "", tissue_table(results), page);
  add_table(
      "Welch tests",
      "Of two models on one part, and of one model on two parts; p is two-sided, and beside it corrected by Holm for "
      "the number of tests of the same measure.",
      welch_table(results), page);
  page.write(path);
}

}  // namespace sctab::experiments
