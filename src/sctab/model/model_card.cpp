#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "sctab/core/numbers.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::model {
namespace {

using nlohmann::json;

/// A cell of a Markdown table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

/// key: of the value. A seed is shown such that it can be given to a command.
std::string shown(const json& value, std::string_view key = "") {
  if (key == "seed") return value.dump();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return core::format_count(value.get<std::int64_t>());
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  return value.is_null() ? "-" : value.dump();
}

/// "n_d 16, n_a 16": the scalars of an object and of those in it, but for some.
std::string scalars_line(const json& object, std::initializer_list<std::string_view> without) {
  std::string line;
  for (const auto& [key, value] : object.items()) {
    if (value.is_array() || std::ranges::find(without, key) != without.end()) continue;
    const std::string part =
        value.is_object() ? scalars_line(value, without) : fmt::format("{} {}", key, shown(value, key));
    line += (line.empty() || part.empty() ? "" : ", ") + part;
  }
  return line;
}

/// The lines about members, once for all members with the same line: "| 3 × tabnet | n_d 16, n_a 16 |".
std::string counted_rows(const std::vector<std::pair<std::string, std::string>>& of_members) {
  std::string rows;
  for (auto line = of_members.begin(); line != of_members.end(); ++line) {
    if (std::find(of_members.begin(), line, *line) != line) continue;
    rows += fmt::format("| {} × {} | {} |\n", std::count(line, of_members.end(), *line), cell(line->first),
                        line->second.empty() ? "-" : cell(line->second));
  }
  return rows;
}

/// A row for each member, and those that say how they were trained.
std::string member_rows(const json& members) {
  std::string rows;
  std::vector<std::pair<std::string, std::string>> settings;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!members[i].is_object()) continue;
    const json kind = members[i].value("kind", json());
    std::string line;
    for (const auto& [key, value] : members[i].items()) {
      if (value.is_object()) {
        settings.emplace_back(fmt::format("{} of {}", key, kind.is_string() ? shown(kind) : "a member"),
                              scalars_line(value, {"seed", "architecture"}));
      } else if (!value.is_array()) {
        line += fmt::format("{}{} {}", line.empty() ? "" : ", ", key, shown(value, key));
      }
    }
    rows += fmt::format("| member {} | {} |\n", i + 1, cell(line));
  }
  return rows + counted_rows(settings);
}

/// Rows of a table for all scalars of an object, those of inner objects under "outer, inner"; lists are left to others.
std::string scalar_rows(const json& object, const std::string& prefix = "") {
  std::string rows;
  if (!object.is_object()) return rows;
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      rows += scalar_rows(value, prefix + key + ", ");
    } else if (!value.is_array()) {
      rows += fmt::format("| {} | {} |\n", cell(prefix + key), cell(shown(value, key)));
    }
  }
  return rows;
}

std::string architecture_rows(const Architecture& architecture) {
  std::vector<std::pair<std::string, std::string>> sizes;
  for (const Architecture& member : architecture.members) {
    sizes.emplace_back(name(member.kind), scalars_line(to_json(member), {"kind", "n_genes", "n_types"}));
  }
  return scalar_rows(to_json(architecture)) + counted_rows(sizes);
}

std::string training_rows(const json& training) {
  const bool has_members = training.is_object() && training.value("members", json()).is_array();
  return scalar_rows(training) + (has_members ? member_rows(training["members"]) : "");
}

std::string table(const std::string& rows) {
  return rows.empty() ? "Not recorded.\n" : "| | |\n|---|---|\n" + rows;
}

/// What was decided for this training and why, or which labels were not joined, as Markdown lists.
std::string notes(const json& training) {
  std::string text;
  for (const auto& [key, title] : {std::pair("reasons", "How it was trained"), {"labels_not_joined", "Labels"}}) {
    const json lines = training.is_object() ? training.value(key, json::array()) : json::array();
    std::string list;
    for (const json& line : lines) {
      if (line.is_string()) list += fmt::format("- {}\n", line.get<std::string>());
    }
    if (!list.empty()) text += fmt::format("\n### {}\n\n{}", title, list);
  }
  return text;
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
      "Input: raw counts, any order of genes; scaled to {} per cell, then log1p. "
      "Cell types: Cell Ontology {}. Members: {}.\n\n"
      "It can only answer with the types below: a cell of another type gets the nearest of them. "
      "Its probabilities are not calibrated.\n",
      description.name, name(description.architecture.kind),
      is_network(description.architecture.kind) ? "network" : "model", description.cell_types.size(),
      core::format_count(description.architecture.n_genes), description.name,
      core::format_count(static_cast<std::int64_t>(sparse::kTargetCounts)), shown(ontology),
      description.members.size());
  if (description.covariate) {
    text += fmt::format("\nIn addition to the genes it sees a cell's {}, if that is one of: {}.\n",
                        description.covariate->column, fmt::join(description.covariate->levels, ", "));
  }
  text += "\n## Architecture\n\n" + table(architecture_rows(description.architecture));
  text += "\n## Training\n\n" + table(training_rows(description.training)) + notes(description.training);
  text += "\n## Metrics\n\n" + table(metric_rows(description.metrics));
  text += "\n## Cell types\n\n" + cell_type_table(description);
  return text;
}

}  // namespace sctab::model
