#include "lab/experiments/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sctab/core/csv.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/text_table.hpp"

namespace sctab::experiments {
namespace {

using charts::Table;
using nlohmann::json;

/// Three decimals for scores, none for counts of 1,000 or more, one for values in between.
std::string shown(double value, double scale) {
  if (scale <= 1) return fmt::format("{:.3f}", value);
  return scale < 1000 ? fmt::format("{:.1f}", value) : core::format_count(std::llround(value));
}

std::string with_spread(const std::vector<double>& values) {
  const Moments found = moments(values);
  if (found.n == 0) return "-";
  const double scale = std::abs(found.mean);
  const bool is_count =
      std::ranges::all_of(values, [&](double value) { return value == found.mean && value == std::round(value); });
  if (is_count && scale > 1) return core::format_count(std::llround(found.mean));
  const std::string mean = shown(found.mean, scale);
  return found.n == 1 ? mean : fmt::format("{} ± {}", mean, shown(found.deviation, scale));
}

/// Calls use(model, part) for each that has finished trials.
template <typename Use>
void for_each_row(const Results& results, Use use) {
  for (const PartSpec& part : results.recipe().parts) {
    for (const ModelSpec& model : results.recipe().models) {
      if (!results.of(model.name, part.name).empty()) use(model.name, part.name);
    }
  }
}

std::string csv(const Table& table) {
  std::string text;
  const auto add = [&text](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + core::csv_field(row[i]);
    text += "\n";
  };
  add(table.columns);
  for (const auto& row : table.rows) add(row);
  return text;
}

std::string text_of(const json& object, const char* key) {
  const json& value = object.at(key);
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string digits(double value) {
  return std::isfinite(value) ? fmt::format("{:.10g}", value) : std::string();
}

std::string four_digits(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4g}", value);
}

Table trials_table(const Results& results) {
  const std::vector<std::string> measures = results.measures();
  Table table{{"model", "part", "seed"}, {}};
  std::ranges::copy(measures, std::back_inserter(table.columns));
  for (const json& trial : results.trials()) {
    std::vector<std::string> row = {text_of(trial, "model"), text_of(trial, "part"), text_of(trial, "seed")};
    for (const std::string& measure : measures) row.push_back(digits(measured(trial, measure)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// One row per model, part and measure, for machines.
Table long_table(const Results& results, const std::vector<std::string>& measures) {
  Table table{{"model", "part", "measure", "seeds", "mean", "standard_deviation"}, {}};
  for_each_row(results, [&](const std::string& model, const std::string& part) {
    for (const std::string& measure : measures) {
      const Moments found = moments(results.values(model, part, measure));
      if (found.n == 0) continue;
      table.rows.push_back(
          {model, part, measure, std::to_string(found.n), digits(found.mean), digits(found.deviation)});
    }
  });
  return table;
}

Table types_table(const Results& results) {
  Table table{{"model", "part", "seed", "cell_type", "cell_type_ontology_term_id", "f1", "n_test", "n_train"}, {}};
  for (const json& trial : results.trials()) {
    if (!trial.contains("per_type")) continue;
    for (const json& type : trial.at("per_type")) {
      table.rows.push_back({text_of(trial, "model"), text_of(trial, "part"), text_of(trial, "seed"),
                            text_of(type, "label"), text_of(type, "id"), text_of(type, "f1"), text_of(type, "n_test"),
                            text_of(type, "n_train")});
    }
  }
  return table;
}

json table_json(const Table& table) {
  json rows = json::array();
  for (const auto& row : table.rows) {
    json one;
    for (std::size_t i = 0; i < row.size(); ++i) one[table.columns[i]] = row[i];
    rows.push_back(std::move(one));
  }
  return rows;
}

/// A model on a part.
struct Cell {
  std::string model, part;
};

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
void add_tests(const Results& results, const std::string& measure, const std::vector<Cell>& cells, Table& table) {
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

/// "tabnet, all" or "tabnet, all over linear, all": the models and parts of a side.
std::string side_text(const FindingSide& side) {
  if (!side.is_gain()) return fmt::format("{}, {}", side.model, side.part);
  return fmt::format("{}, {} over {}, {}", side.model, side.part, side.base_model(), side.base_part());
}

/// measure, model, part, over_model and over_part of a side; empty strings if there is none.
std::vector<std::string> side_columns(const FindingSide* side) {
  if (side == nullptr) return std::vector<std::string>(5);
  return {side->measure, side->model, side->part, side->over_model, side->over_part};
}

json side_json(const FindingSide& side) {
  json one = {{"measure", side.measure}, {"model", side.model}, {"part", side.part}};
  if (side.is_gain()) one.update({{"over_model", side.base_model()}, {"over_part", side.base_part()}});
  return one;
}

/// For machines: findings_table() with columns for the models and parts of each side.
Table wide_findings_table(const std::vector<Finding>& findings) {
  Table table = findings_table(findings);
  for (const char* side : {"left", "right"}) {
    for (const char* key : {"measure", "model", "part", "over model", "over part"}) {
      table.columns.push_back(fmt::format("{} {}", side, key));
    }
  }
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const FindingSpec& claim = *findings[i].claim;
    std::vector<std::string>& row = table.rows[i];
    row[2] = findings[i].left_text();
    row[3] = findings[i].right_text();
    for (const FindingSide* side : {&claim.left, claim.right ? &*claim.right : nullptr}) {
      std::ranges::copy(side_columns(side), std::back_inserter(row));
    }
  }
  return table;
}

json findings_json(const std::vector<Finding>& findings) {
  json list = json::array();
  for (const Finding& finding : findings) {
    json one = {{"text", finding.claim->text},
                {"paper", finding.claim->paper},
                {"verdict", name(finding.verdict)},
                {"left", finding.left},
                {"left_side", side_json(finding.claim->left)},
                {"test", name(finding.kind)},
                {"n", finding.sizes()},
                {"difference", core::json_number(finding.test.difference)},
                {"t", core::json_number(finding.test.t)},
                {"degrees_of_freedom", core::json_number(finding.test.degrees_of_freedom)},
                {"p", core::json_number(finding.test.p)}};
    if (finding.claim->right) {
      one["right"] = finding.right;
      one["right_side"] = side_json(*finding.claim->right);
    } else {
      one["than"] = finding.claim->than;
    }
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

Table summary_table(const Results& results) {
  constexpr std::array kShown = {"macro_f1",         "weighted_f1",      "micro_f1",     "auc_right_wrong",
                                 "auc_known_absent", "cells_per_second", "n_parameters", "n_train_cells",
                                 "n_train_donors",   "n_train_types",    "seconds"};
  const std::vector<std::string> found = results.measures();
  const auto is_found = [&found](const char* name) { return std::ranges::find(found, name) != found.end(); };
  Table table{{"model", "part", "seeds"}, {}};
  for (const char* measure : kShown) {
    if (is_found(measure)) table.columns.emplace_back(measure);
  }
  for_each_row(results, [&](const std::string& model, const std::string& part) {
    std::vector<std::string> row = {model, part, std::to_string(results.of(model, part).size())};
    for (const char* measure : kShown) {
      if (is_found(measure)) row.push_back(with_spread(results.values(model, part, measure)));
    }
    table.rows.push_back(std::move(row));
  });
  return table;
}

Table tissue_table(const Results& results) {
  const std::vector<std::string> tissues = results.tissues();
  Table table{{"model", "part"}, {}};
  if (tissues.empty()) return table;
  std::ranges::copy(tissues, std::back_inserter(table.columns));
  for_each_row(results, [&](const std::string& model, const std::string& part) {
    std::vector<std::string> row = {model, part};
    for (const std::string& tissue : tissues)
      row.push_back(with_spread(results.values(model, part, "tissue:" + tissue)));
    table.rows.push_back(std::move(row));
  });
  return table;
}

Table findings_table(const std::vector<Finding>& findings) {
  Table table{{"verdict", "finding", "left", "right", "test", "n", "t", "degrees of freedom", "p", "paper"}, {}};
  for (const Finding& finding : findings) {
    const FindingSpec& claim = *finding.claim;
    const std::string left = fmt::format("{} ({}: {})", finding.left_text(), side_text(claim.left), claim.left.measure);
    std::string right = finding.right_text();
    if (claim.right) right += fmt::format(" ({}: {})", side_text(*claim.right), claim.right->measure);
    table.rows.push_back({std::string(name(finding.verdict)), claim.text, left, right, std::string(name(finding.kind)),
                          finding.sample(), four_digits(finding.test.t), four_digits(finding.test.degrees_of_freedom),
                          four_digits(finding.test.p), claim.paper});
  }
  return table;
}

Table welch_table(const Results& results) {
  Table table{{"measure", "model", "part", "other model", "other part", "seeds", "other seeds", "difference", "t",
               "degrees of freedom", "p", "p (Holm)"},
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

void write_tables(const std::filesystem::path& directory, const Results& results, const std::vector<Finding>& findings,
                  const std::vector<std::string>& missing) {
  std::vector<std::string> of_tissues;
  for (const std::string& tissue : results.tissues()) of_tissues.push_back("tissue:" + tissue);
  const Table summary = long_table(results, results.measures()), tissues = long_table(results, of_tissues);
  const Table welch = welch_table(results);
  const auto write = [&directory](const char* name, const Table& table) {
    core::write_file_atomically(directory / name, csv(table));
  };
  write("trials.csv", trials_table(results));
  write("summary.csv", summary);
  write("tissues.csv", tissues);
  write("types.csv", types_table(results));
  write("welch.csv", welch);
  write("findings.csv", wide_findings_table(findings));
  core::write_json(directory / "results.json", {{"title", results.recipe().title},
                                                {"draws", results.recipe().draws},
                                                {"seeds", results.recipe().seeds},
                                                {"run", to_json(results.run())},
                                                {"summary", table_json(summary)},
                                                {"tissues", table_json(tissues)},
                                                {"welch", table_json(welch)},
                                                {"findings", findings_json(findings)},
                                                {"not_measured", missing},
                                                {"notes", results.notes()},
                                                {"trials", results.trials()}});
}

std::string table_text(const Table& table) {
  std::vector<core::TextTable::Column> columns;
  for (const std::string& title : table.columns) columns.push_back({title});
  core::TextTable text(std::move(columns));
  for (const auto& row : table.rows) text.add_row(row);
  return text.text();
}

}  // namespace sctab::experiments
