#include "lab/experiments/welch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "lab/experiments/student.hpp"

namespace sctab::experiments {
namespace {

/// A model on a part.
struct Cell {
  std::string model, part;
};

std::string four_digits(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4g}", value);
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

/// The models and parts that are trained and shown by one of the figures; without figures, all that are trained.
std::vector<Cell> cells_of(const Recipe& recipe, const std::vector<const FigureSpec*>& figures) {
  std::vector<Cell> cells;
  for (const PartSpec& part : recipe.parts) {
    for (const ModelSpec& model : recipe.models) {
      const bool is_asked_for = figures.empty() || std::ranges::any_of(figures, [&](const FigureSpec* figure) {
                                  return is_among(figure->models, model.name) && is_among(figure->parts, part.name);
                                });
      if (is_asked_for && model.is_trained_on(part.name)) cells.push_back({model.name, part.name});
    }
  }
  return cells;
}

/// Adds the tests of one measure, whose p values are corrected together.
void add_tests(const Results& results, const std::string& measure, const std::vector<Cell>& cells,
               charts::Table& table) {
  std::vector<double> p;
  const std::size_t first_row = table.rows.size();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (std::size_t j = i + 1; j < cells.size(); ++j) {
      if (cells[i].part != cells[j].part && cells[i].model != cells[j].model) continue;
      const std::vector<double> left = results.values(cells[i].model, cells[i].part, measure);
      const std::vector<double> right = results.values(cells[j].model, cells[j].part, measure);
      const StudentTest test = welch_test(left, right);
      if (std::isnan(test.difference)) continue;
      p.push_back(test.p);
      table.rows.push_back({measure, cells[i].model, cells[i].part, cells[j].model, cells[j].part,
                            std::to_string(left.size()), std::to_string(right.size()), four_digits(test.difference),
                            four_digits(test.t), four_digits(test.degrees_of_freedom), four_digits(test.p)});
    }
  }
  const std::vector<double> corrected = holm_corrected(p);
  for (std::size_t i = 0; i < p.size(); ++i) table.rows[first_row + i].push_back(four_digits(corrected[i]));
}

}  // namespace

std::vector<double> holm_corrected(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [p](std::size_t i) { return std::isnan(p[i]); });
  std::ranges::sort(order, [p](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> corrected(p.begin(), p.end());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, std::min(1.0, static_cast<double>(order.size() - i) * p[order[i]]));
    corrected[order[i]] = least;
  }
  return corrected;
}

charts::Table welch_table(const Results& results) {
  charts::Table table{{"measure", "model", "part", "other model", "other part", "seeds", "other seeds", "difference",
                       "t", "degrees of freedom", "p", "p (Holm)"},
                      {}};
  const std::vector<std::string> found = results.measures();
  const bool is_trained = std::ranges::find(found, "macro_f1") != found.end();
  std::vector<std::string> measures = {is_trained ? "macro_f1" : "cells_per_second"};
  for (const FigureSpec& figure : results.recipe().figures) {
    if (figure.kind != FigureKind::kBars || std::ranges::find(measures, figure.measure) != measures.end()) continue;
    measures.push_back(figure.measure);
  }
  for (const std::string& measure : measures) {
    std::vector<const FigureSpec*> figures;
    for (const FigureSpec& figure : results.recipe().figures) {
      const bool is_of_it = figure.kind == FigureKind::kBars && figure.measure == measure;
      if (is_of_it && measure != measures.front()) figures.push_back(&figure);
    }
    add_tests(results, measure, cells_of(results.recipe(), figures), table);
  }
  return table;
}

}  // namespace sctab::experiments
