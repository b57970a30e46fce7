#include "lab/charts/describe_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

using nlohmann::json;

/// "3 donors", from the member "donors".
std::string plural(const json& object, const std::string& noun) {
  return core::plural(object.at(noun + "s").get<std::int64_t>(), noun);
}

std::string count(const json& object, const char* key) {
  return core::format_count(object.at(key).get<std::int64_t>());
}

// Tissues with their types, both sorted by number of cells, largest first.
Treemap tissues_and_types(const json& description) {
  std::map<std::string, std::vector<Treemap::Leaf>> types_of_tissue;
  for (const json& type : description.at("types")) {
    for (const auto& [tissue, cells] : type.at("cells_by_tissue").items()) {
      types_of_tissue[tissue].push_back({type.at("name").get<std::string>(), cells.get<double>()});
    }
  }
  std::vector<std::pair<double, Treemap::Group>> groups;
  for (auto& [tissue, types] : types_of_tissue) {
    double cells = 0;
    for (const auto& type : types) cells += type.size;
    std::stable_sort(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.size > b.size; });
    groups.push_back({cells, {tissue, types}});
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Treemap chart;
  chart.title = "Cells of each tissue and type";
  chart.caption = "Areas are in proportion to the number of cells in all splits, as in figure 1a of the paper.";
  for (auto& [cells, group] : groups) chart.groups.push_back(std::move(group));
  return chart;
}

ScatterChart donors_and_cells(const json& description) {
  ScatterChart chart;
  chart.title = "Donors and cells of each type";
  chart.caption =
      "One point per cell type, over all splits, as in figure 2a of the paper. A type with many cells from few donors "
      "is one that a model knows from few people only.";
  chart.x = {"cells", true};
  chart.y = {"donors", true};
  ScatterChart::Series& series = chart.series.emplace_back();
  series.name = "cell types";
  for (const json& type : description.at("types")) {
    series.points.push_back(
        {type.at("cells").get<double>(), type.at("donors").get<double>(), type.at("name").get<std::string>()});
  }
  return chart;
}

Table splits_table(const json& splits) {
  Table table{{"split", "cells", "donors", "types", "tissues", "datasets"}, {}};
  for (const char* split : {"train", "val", "test"}) {
    const json& of_split = splits.at(split);
    table.rows.push_back({split, count(of_split, "cells"), count(of_split, "donors"), count(of_split, "types"),
                          count(of_split, "tissues"), count(of_split, "datasets")});
  }
  return table;
}

Table groups_table(const char* head, const json& groups) {
  Table table{{head, "cells", "train", "val", "test", "donors", "types", "tissues", "datasets"}, {}};
  for (const json& group : groups) {
    const json& by_split = group.at("cells_by_split");
    table.rows.push_back({group.at("name").get<std::string>(), count(group, "cells"), count(by_split, "train"),
                          count(by_split, "val"), count(by_split, "test"), count(group, "donors"),
                          count(group, "types"), count(group, "tissues"), count(group, "datasets")});
  }
  return table;
}

void add_curation(Page& page, const json& provenance) {
  if (!provenance.is_object() || !provenance.contains("curation")) return;  // a store that `corpus build` did not make
  Table table{{"removed by", "cells", "donors", "types"}, {}};
  for (const json& effect : provenance.at("curation")) {
    table.rows.push_back({effect.at("rule").get<std::string>(), count(effect, "cells"), count(effect, "donors"),
                          count(effect, "types")});
  }
  page.add_heading("Curation");
  page.add_table("What each rule removed from what the earlier rules had left", table);
}

}  // namespace

Page describe_page(const json& description) {
  const json& all = description.at("all");
  Page page("What the corpus contains",
            fmt::format("{}: {}, {}, {}, {}, {}, {}", description.at("store").get<std::string>(), plural(all, "cell"),
                        plural(all, "donor"), plural(all, "type"), plural(all, "tissue"), plural(all, "dataset"),
                        plural(description, "gene")));
  page.add_heading("Cells and donors");
  page.add_chart(tissues_and_types(description));
  page.add_chart(donors_and_cells(description));
  page.add_heading("Splits");
  page.add_text("No donor is in two splits.");
  page.add_table("", splits_table(description.at("splits")));
  add_curation(page, description.at("provenance"));
  page.add_heading("Cell types");
  page.add_table("", groups_table("cell type", description.at("types")));
  page.add_heading("Tissues, datasets and assays");
  page.add_table("", groups_table("tissue", description.at("tissues")));
  page.add_table("", groups_table("dataset", description.at("datasets")));
  page.add_table("", groups_table("assay", description.at("assays")));
  return page;
}

}  // namespace sctab::charts
