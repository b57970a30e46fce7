#include "sctab/corpus/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sctab/core/numbers.hpp"
#include "sctab/corpus/cell_table.hpp"

namespace sctab::corpus {
namespace {

using core::format_count;
using nlohmann::json;
using store::ObsTable;
using store::Split;

constexpr std::size_t kNumSplits = store::kSplits.size();

// Which values of a field occur in each of some groups.
class Occurrences {
 public:
  Occurrences(std::size_t n_groups, std::size_t n_values) : n_values_(n_values), seen_(n_groups * n_values, false) {}
  void add(std::size_t group, std::size_t value) { seen_[group * n_values_ + value] = true; }
  [[nodiscard]] std::int64_t count(std::size_t group) const {
    const auto begin = seen_.begin() + static_cast<std::ptrdiff_t>(group * n_values_);
    return std::count(begin, begin + static_cast<std::ptrdiff_t>(n_values_), true);
  }

 private:
  std::size_t n_values_;
  std::vector<bool> seen_;
};

struct CountedField {
  Field field;
  const char* key;
};
constexpr std::array<CountedField, 5> kCounted = {{{Field::kDonor, "donors"},
                                                   {Field::kCellType, "types"},
                                                   {Field::kTissueGeneral, "tissues"},
                                                   {Field::kDataset, "datasets"},
                                                   {Field::kAssay, "assays"}}};

// The number of values of a field: of its table.
std::size_t table_size(const store::CategoryTables& tables, Field field) {
  return field == Field::kCellType ? tables.cell_types.size() : tables.values[static_cast<std::size_t>(field)].size();
}

// What a store holds, counted for every group of cells: groups are the values of a field, or the splits.
class GroupCounts {
 public:
  GroupCounts(const store::CategoryTables& tables, std::size_t n_groups)
      : tables_(tables), cells_(n_groups), donors_by_split_(n_groups * kNumSplits, table_size(tables, Field::kDonor)) {
    for (const auto& counted : kCounted) occurrences_.emplace_back(n_groups, table_size(tables, counted.field));
  }

  void add(const ObsTable& obs, std::size_t cell, Split split, std::size_t group) {
    ++cells_[group][static_cast<std::size_t>(split)];
    for (std::size_t i = 0; i < kCounted.size(); ++i) {
      const std::int32_t code = obs.column(kCounted[i].field)[cell];
      if (code < 0 || (kCounted[i].field == Field::kDonor && !is_donor(code))) continue;
      occurrences_[i].add(group, static_cast<std::size_t>(code));
      if (kCounted[i].field != Field::kDonor) continue;
      donors_by_split_.add(group * kNumSplits + static_cast<std::size_t>(split), static_cast<std::size_t>(code));
    }
  }

  [[nodiscard]] CellIndex n_cells(std::size_t group) const {
    return cells_[group][0] + cells_[group][1] + cells_[group][2];
  }

  [[nodiscard]] json describe(std::size_t group) const {
    json description = {{"cells", n_cells(group)}};
    for (std::size_t i = 0; i < kCounted.size(); ++i) description[kCounted[i].key] = occurrences_[i].count(group);
    for (std::size_t split = 0; split < kNumSplits; ++split) {
      const std::string name(store::name(store::kSplits[split]));
      description["cells_by_split"][name] = cells_[group][split];
      description["donors_by_split"][name] = donors_by_split_.count(group * kNumSplits + split);
    }
    return description;
  }

 private:
  [[nodiscard]] bool is_donor(std::int32_t code) const { return store::is_known(tables_.column(Field::kDonor), code); }

  const store::CategoryTables& tables_;
  std::vector<std::array<CellIndex, kNumSplits>> cells_;
  std::vector<Occurrences> occurrences_;  // one for each of kCounted
  Occurrences donors_by_split_;
};

// How many cells of each type come from each tissue.
class TissuesOfTypes {
 public:
  explicit TissuesOfTypes(const store::CategoryTables& tables)
      : tissues_(tables.column(Field::kTissueGeneral)), cells_(tables.cell_types.size() * (tissues_.size() + 1), 0) {}

  void add(const ObsTable& obs, std::size_t cell) {
    const auto type = static_cast<std::size_t>(obs.column(Field::kCellType)[cell]);
    const auto tissue = static_cast<std::size_t>(obs.column(Field::kTissueGeneral)[cell] + 1);  // 0: not known
    ++cells_[type * (tissues_.size() + 1) + tissue];
  }

  [[nodiscard]] json describe(std::size_t type) const {
    json by_tissue = json::object();
    for (std::size_t tissue = 0; tissue <= tissues_.size(); ++tissue) {
      const CellIndex cells = cells_[type * (tissues_.size() + 1) + tissue];
      if (cells == 0) continue;
      json& sum = by_tissue[tissue == 0 ? std::string(kUnknown) : tissues_[tissue - 1]];
      sum = (sum.is_null() ? 0 : sum.get<CellIndex>()) + cells;
    }
    return by_tissue;
  }

 private:
  const std::vector<std::string>& tissues_;
  std::vector<CellIndex> cells_;
};

// The groups of one field, most cells first; all of the table, so that a type without cells is seen to have none.
json describe_groups(const store::CategoryTables& tables, Field field, const GroupCounts& counts,
                     const TissuesOfTypes& tissues_of_types) {
  std::vector<std::size_t> order(table_size(tables, field));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return counts.n_cells(a) > counts.n_cells(b); });
  json groups = json::array();
  for (const std::size_t group : order) {
    json description = counts.describe(group);
    if (field == Field::kCellType) {
      description["name"] = tables.cell_types[group].label;
      description["cell_type_ontology_term_id"] = tables.cell_types[group].id;
      description["cells_by_tissue"] = tissues_of_types.describe(group);
    } else {
      description["name"] = tables.values[static_cast<std::size_t>(field)][group];
    }
    groups.push_back(std::move(description));
  }
  return groups;
}

constexpr std::array<CountedField, 4> kGrouped = {{{Field::kCellType, "types"},
                                                   {Field::kTissueGeneral, "tissues"},
                                                   {Field::kDataset, "datasets"},
                                                   {Field::kAssay, "assays"}}};

std::string table_head(std::string_view what) {
  return fmt::format("\n{:<44}{:>14}{:>12}{:>12}{:>12}{:>9}{:>8}{:>9}{:>10}\n", what, "cells", "train", "val", "test",
                     "donors", "types", "tissues", "datasets");
}

std::string table_row(std::string name, const json& group) {
  if (name.size() > 43) name = name.substr(0, 42) + "~";
  const auto number = [](const json& value) { return format_count(value.get<std::int64_t>()); };
  const json& by_split = group.at("cells_by_split");
  return fmt::format("{:<44}{:>14}{:>12}{:>12}{:>12}{:>9}{:>8}{:>9}{:>10}\n", name, number(group.at("cells")),
                     number(by_split.at("train")), number(by_split.at("val")), number(by_split.at("test")),
                     number(group.at("donors")), number(group.at("types")), number(group.at("tissues")),
                     number(group.at("datasets")));
}

}  // namespace

json describe(const store::Store& store) {
  const store::CategoryTables& tables = store.tables();
  GroupCounts all(tables, 1), of_splits(tables, kNumSplits);
  std::vector<GroupCounts> of_fields;
  TissuesOfTypes tissues_of_types(tables);
  for (const auto& grouped : kGrouped) of_fields.emplace_back(tables, table_size(tables, grouped.field));
  for (const Split split : store::kSplits) {
    const ObsTable obs = store.obs(split);
    for (std::size_t cell = 0; cell < static_cast<std::size_t>(obs.size()); ++cell) {
      all.add(obs, cell, split, 0);
      tissues_of_types.add(obs, cell);
      of_splits.add(obs, cell, split, static_cast<std::size_t>(split));
      for (std::size_t i = 0; i < kGrouped.size(); ++i) {
        const std::int32_t group = obs.column(kGrouped[i].field)[cell];
        if (group >= 0) of_fields[i].add(obs, cell, split, static_cast<std::size_t>(group));
      }
    }
  }
  json description = {{"store", store.directory().string()},
                      {"hash", store.hash()},
                      {"bytes", store.bytes()},
                      {"genes", store.genes().size()},
                      {"content", store::name(store.content())},
                      {"all", all.describe(0)}};
  for (const Split split : store::kSplits) {
    json of_split = of_splits.describe(static_cast<std::size_t>(split));
    of_split.erase("cells_by_split");
    of_split.erase("donors_by_split");
    description["splits"][std::string(store::name(split))] = std::move(of_split);
  }
  for (std::size_t i = 0; i < kGrouped.size(); ++i) {
    description[kGrouped[i].key] = describe_groups(tables, kGrouped[i].field, of_fields[i], tissues_of_types);
  }
  description["provenance"] = store.provenance();
  return description;
}

std::string describe_text(const json& description) {
  const json& all = description.at("all");
  const auto n_cells = all.at("cells").get<std::int64_t>();
  const auto bytes = description.at("bytes").get<double>();
  std::string text = fmt::format(
      "{}: {} cells, {} donors, {} cell types, {} tissues, {} datasets, {} genes; {}, {:.0f} bytes a cell{}\n",
      description.at("store").get<std::string>(), format_count(n_cells),
      format_count(all.at("donors").get<std::int64_t>()), all.at("types").get<std::int64_t>(),
      all.at("tissues").get<std::int64_t>(), all.at("datasets").get<std::int64_t>(),
      format_count(description.at("genes").get<std::int64_t>()), core::format_bytes(bytes),
      n_cells == 0 ? 0.0 : bytes / static_cast<double>(n_cells),
      description.at("content") == store::name(store::Content::kCounts) ? "" : "; values are log-normalised");
  text +=
      fmt::format("\n{:<12}{:>14}{:>9}{:>8}{:>9}{:>10}\n", "split", "cells", "donors", "types", "tissues", "datasets");
  for (const Split split : store::kSplits) {
    const std::string name(store::name(split));
    const json& of_split = description.at("splits").at(name);
    text +=
        fmt::format("{:<12}{:>14}{:>9}{:>8}{:>9}{:>10}\n", name, format_count(of_split.at("cells").get<std::int64_t>()),
                    format_count(of_split.at("donors").get<std::int64_t>()), of_split.at("types").get<std::int64_t>(),
                    of_split.at("tissues").get<std::int64_t>(), of_split.at("datasets").get<std::int64_t>());
  }
  constexpr std::array<std::pair<const char*, const char*>, 4> tables = {
      {{"types", "cell type"}, {"tissues", "tissue"}, {"datasets", "dataset"}, {"assays", "assay"}}};
  for (const auto& [key, head] : tables) {
    text += table_head(head);
    for (const json& group : description.at(key)) text += table_row(group.at("name").get<std::string>(), group);
  }
  return text;
}

}  // namespace sctab::corpus
