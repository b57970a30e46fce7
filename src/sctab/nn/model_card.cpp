#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "sctab/core/progress.hpp"
#include "sctab/nn/model_directory.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::nn {
namespace {

using nlohmann::json;

/// A cell of a Markdown table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string shown(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return core::format_count(value.get<std::int64_t>());
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  return value.is_null() ? "-" : value.dump();
}

/// Rows of a table for all scalars of an object, those of inner objects under "outer, inner"; lists are left to others.
std::string scalar_rows(const json& object, const std::string& prefix = "") {
  std::string rows;
  if (!object.is_object()) return rows;
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      rows += scalar_rows(value, prefix + key + ", ");
    } else if (value.is_array() && !value.empty() && value.front().is_object()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        rows += scalar_rows(value[i], fmt::format("{}{} {}, ", prefix, key, i + 1));
      }
    } else if (!value.is_array()) {
      rows += fmt::format("| {} | {} |\n", cell(prefix + key), cell(shown(value)));
    }
  }
  return rows;
}

std::string table(const std::string& rows) {
  return rows.empty() ? "Not recorded.\n" : "| | |\n|---|---|\n" + rows;
}

/// The texts of all lists of texts in an object, as a Markdown list.
std::string text_list(const json& object) {
  std::string list;
  if (!object.is_object()) return list;
  for (const auto& [key, value] : object.items()) {
    for (const json& item : value.is_array() ? value : json::array()) {
      if (item.is_string()) list += fmt::format("- {}\n", item.get<std::string>());
    }
  }
  return list.empty() ? list : "\n" + list;
}

/// The scores as evaluated, without the per-type, per-group and confusion tables.
std::string metric_rows(const json& metrics) {
  std::string rows;
  if (!metrics.is_object()) return rows;
  for (const auto& [key, value] : metrics.items()) {
    if (!value.is_structured()) rows += fmt::format("| {} | {} |\n", cell(key), cell(shown(value)));
  }
  return rows;
}

/// F1 of each cell type by CL id, where the metrics have it.
std::map<std::string, std::string> f1_by_id(const json& metrics) {
  std::map<std::string, std::string> scores;
  if (!metrics.is_object() || !metrics.contains("per_type")) return scores;
  for (const json& entry : metrics["per_type"]) {
    if (entry.is_object() && entry.contains("id") && entry["id"].is_string() && entry.contains("f1")) {
      scores[entry["id"].get<std::string>()] = shown(entry["f1"]);
    }
  }
  return scores;
}

std::string cell_type_table(const ModelDescription& description) {
  const auto f1 = f1_by_id(description.metrics);
  std::string text = f1.empty() ? "| cell type | id |\n|---|---|\n" : "| cell type | id | F1 |\n|---|---|---|\n";
  for (const CellTypeLabel& type : description.cell_types) {
    text += fmt::format("| {} | {} |", cell(type.label), cell(type.id));
    if (!f1.empty()) text += fmt::format(" {} |", f1.contains(type.id) ? f1.at(type.id) : "-");
    text += "\n";
  }
  return text;
}

}  // namespace

std::string model_card(const ModelDescription& description) {
  const json ontology = description.ontology.is_object() ? description.ontology.value("version", json()) : json();
  std::string text = fmt::format(
      "# {}\n\n"
      "A {} {} of sctab that gives a human cell one of {} cell types from the counts of {} genes.\n\n"
      "    sctab annotate FILE.h5ad -m {}\n\n"
      "Input: raw counts, any order of genes; scaled to {:.0f} per cell, then log1p. "
      "Cell types: Cell Ontology {}. Members: {}.\n\n"
      "It can only answer with the types below: a cell of another type gets the nearest of them. "
      "Its probabilities are not calibrated.\n",
      description.name, name(description.architecture.kind),
      is_network(description.architecture.kind) ? "network" : "model", description.cell_types.size(),
      core::format_count(description.architecture.n_genes), description.name,
      static_cast<double>(sparse::kTargetCounts), shown(ontology), description.members.size());
  text += "\n## Architecture\n\n" + table(scalar_rows(to_json(description.architecture)));
  text += "\n## Training\n\n" + table(scalar_rows(description.training)) + text_list(description.training);
  text += "\n## Metrics\n\n" + table(metric_rows(description.metrics));
  text += "\n## Cell types\n\n" + cell_type_table(description);
  return text;
}

}  // namespace sctab::nn
