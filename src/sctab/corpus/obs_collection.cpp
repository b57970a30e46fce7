#include "sctab/corpus/obs_collection.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/obs_values.hpp"
#include "sctab/formats/source_name.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::corpus {
namespace {

using core::InputError;
using formats::Categorical;
using formats::CellSource;
using formats::is_missing;
using Codes = std::vector<std::int32_t>;

constexpr std::string_view kPersonColumn = "donor_id";

std::string columns_of(const CellSource& file) {
  const std::vector<std::string> columns = file.obs_columns();
  return columns.empty() ? "none" : fmt::format("{}", fmt::join(columns, ", "));
}

void require_column(const CellSource& file, const std::string& column, std::string_view holds,
                    std::string_view option) {
  if (file.has_obs(column)) return;
  throw InputError({.file = file.path().string(),
                    .found = fmt::format("obs has no column '{}'; its columns are {}", column, columns_of(file)),
                    .expected = fmt::format("one with {}", holds),
                    .next_step = fmt::format("name it with {}", option)});
}

// The first of these columns that the file has, as text; otherwise `otherwise` for every cell.
Categorical first_column(const CellSource& file, std::span<const std::string_view> names, std::string_view otherwise) {
  for (const std::string_view name : names) {
    if (!name.empty() && file.has_obs(name)) return file.obs_as_text(name);
  }
  Categorical constant;
  constant.codes.assign(static_cast<std::size_t>(file.n_cells()), 0);
  constant.categories = {std::string(otherwise)};
  return constant;
}

// Appends a column's codes in terms of ours; `translate(text, first cell with it)` is asked once for each text in use.
template <typename Translate>
void append_codes(const Categorical& column, CodeColumn& codes, Translate translate) {
  Codes translated(column.categories.size() + 1);
  std::vector<std::uint8_t> known(translated.size(), 0);
  for (std::size_t cell = 0; cell < column.codes.size(); ++cell) {
    const auto at = static_cast<std::size_t>(column.codes[cell] + 1);  // 0: missing
    if (known[at] == 0) {
      translated[at] = translate(column.value(cell), cell);
      known[at] = 1;
    }
    codes.push_back(translated[at]);
  }
}

// Numbers the combinations of several columns' codes: for each cell its combination, and a cell that shows each.
struct Combinations {
  Codes codes;
  std::vector<std::size_t> example;
};

Combinations combine(const std::vector<const Codes*>& columns) {
  Combinations all;
  all.codes.assign(columns.front()->size(), 0);
  for (const Codes* column : columns) {
    std::unordered_map<std::uint64_t, std::int32_t> numbers;
    all.example.clear();
    for (std::size_t cell = 0; cell < all.codes.size(); ++cell) {
      const std::uint64_t pair = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(all.codes[cell])) << 32U) |
                                 static_cast<std::uint32_t>((*column)[cell]);
      const auto [entry, inserted] = numbers.try_emplace(pair, core::narrow<std::int32_t>(all.example.size()));
      if (inserted) all.example.push_back(cell);
      all.codes[cell] = entry->second;
    }
  }
  return all;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

bool is_no_donor(std::string_view text) {
  return formats::is_missing(text) || formats::trimmed_lower_case(text) == "pooled";
}

std::int32_t DonorGroups::add(std::string_view dataset, std::string_view key, std::string_view person) {
  if (key.empty() && person.empty()) return -1;
  if (key.empty()) return node(dataset, person, false);
  const std::int32_t key_node = node(dataset, key, true);
  if (!person.empty()) {
    const std::int32_t a = root(key_node), b = root(node(dataset, person, false));
    parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }
  return key_node;
}

std::int32_t DonorGroups::node(std::string_view dataset, std::string_view value, bool is_key) {
  // The length keeps "a" + "b:c" and "a:b" + "c" apart.
  const std::int32_t code = names_.code(fmt::format("{}:{}:{}:{}", is_key ? 'k' : 'p', dataset.size(), dataset, value));
  if (static_cast<std::size_t>(code) == nodes_.size()) {
    nodes_.push_back({std::string(dataset), std::string(value), is_key});
    parent_.push_back(code);
  }
  return code;
}

std::int32_t DonorGroups::root(std::int32_t node) const {
  auto at = static_cast<std::size_t>(node);
  while (parent_[at] != static_cast<std::int32_t>(at)) at = static_cast<std::size_t>(parent_[at]);
  return static_cast<std::int32_t>(at);
}

std::vector<std::int32_t> DonorGroups::donor_of_nodes(Dictionary& donors) const {
  std::vector<std::int64_t> n_keys(nodes_.size(), 0);
  std::vector<std::size_t> first(nodes_.size(), nodes_.size());  // the first key of a component, else the first person
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto at = static_cast<std::size_t>(root(static_cast<std::int32_t>(i)));
    if (nodes_[i].is_key) ++n_keys[at];
    if (first[at] == nodes_.size() || (nodes_[i].is_key && !nodes_[first[at]].is_key)) first[at] = i;
  }
  std::vector<std::int32_t> donor_of_node;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto at = static_cast<std::size_t>(root(static_cast<std::int32_t>(i)));
    std::string name = fmt::format("{}:{}", nodes_[first[at]].dataset, nodes_[first[at]].value);
    if (n_keys[at] > 1) name += fmt::format(" and {} more", n_keys[at] - 1);
    donor_of_node.push_back(donors.code(name));
  }
  return donor_of_node;
}

ObsCollector::ObsCollector(const ontology::Ontology& ontology, ObsKeys keys)
    : ontology_(ontology), keys_(std::move(keys)), donor_columns_(split_at_commas(keys_.donor)) {
  if (donor_columns_.empty())
    throw InputError({.subject = "--donor-key", .found = "is empty", .expected = "the name of an obs column"});
}

void ObsCollector::add(const CellSource& file) {
  const std::size_t n_before = cells_.size();
  const auto names_before = cells_.names;
  const auto replaced_before = replaced_;
  try {
    append(file);
  } catch (...) {
    truncate(n_before);
    cells_.names = names_before;
    replaced_ = replaced_before;
    throw;
  }
}

void ObsCollector::reserve(std::size_t n_cells) {
  const std::size_t wanted = cells_.size() + n_cells;
  const auto grow = [wanted](auto& column) {
    if (column.capacity() < wanted) column.reserve(wanted + wanted / 8);
  };
  for (auto& column : cells_.codes) grow(column);
  grow(cells_.primary);
  grow(cells_.kept);
}

void ObsCollector::truncate(std::size_t n_cells) {
  for (auto& column : cells_.codes) column.truncate(std::min(column.size(), n_cells));
  cells_.primary.resize(std::min(cells_.primary.size(), n_cells));
  cells_.kept.resize(n_cells);
}

// Donors come last of all that can fail: their groups cannot be taken back.
void ObsCollector::append(const CellSource& file) {
  const auto n_cells = static_cast<std::size_t>(file.n_cells());
  reserve(n_cells);
  for (const auto& column : donor_columns_) require_column(file, column, "the donors", "--donor-key");
  if (!keys_.dataset.empty()) require_column(file, keys_.dataset, "the datasets", "--dataset-key");
  const std::string stem = formats::path_without_ending(file.path()).filename().string();
  const std::array<std::string_view, 3> dataset_columns = {keys_.dataset, "dataset_id", "study"};
  const Categorical datasets = first_column(file, dataset_columns, stem);
  add_labels(file);
  add_primary(file);
  append_codes(datasets, cells_.column(Field::kDataset), [&](const std::string& text, std::size_t) {
    return cells_.dictionary(Field::kDataset).code(is_missing(text) ? stem : text);
  });
  for (const Field field : {Field::kAssay, Field::kTissue, Field::kTissueGeneral, Field::kDisease}) {
    const Categorical column = first_column(file, store::obs_columns(field), kUnknown);
    append_codes(column, cells_.column(field), [&](const std::string& text, std::size_t) {
      const std::string name = field == Field::kAssay ? formats::assay_name(text) : text;
      return cells_.dictionary(field).code(is_missing(name) ? kUnknown : name);
    });
  }
  add_donors(file, datasets);
  if (!keys_.dataset.empty()) warn_of_split_persons(file);
  if (keys_.dataset.empty() && !file.has_obs("dataset_id") && !file.has_obs("study")) warn_of_namesakes(file);
  cells_.kept.insert(cells_.kept.end(), n_cells, 1);
}

void ObsCollector::add_labels(const CellSource& file) {
  require_column(file, keys_.cell_type, "a Cell Ontology id for each cell", "--cell-type-key");
  const Categorical labels = file.obs_as_text(keys_.cell_type);
  std::vector<CellIndex> n_cells(labels.categories.size() + 1, 0);
  for (const std::int32_t code : labels.codes) ++n_cells[static_cast<std::size_t>(code + 1)];
  append_codes(labels, cells_.column(Field::kCellType), [&](const std::string& label, std::size_t cell) {
    return label_code(file, label, cell, n_cells[static_cast<std::size_t>(labels.codes[cell] + 1)]);
  });
}

std::int32_t ObsCollector::label_code(const CellSource& file, const std::string& label, std::size_t cell,
                                      CellIndex n_cells) {
  if (is_missing(label)) return -1;
  const auto refuse = [&](const std::string& what, const std::string& remedy) {
    throw InputError({.file = file.path().string(),
                      .cell = fmt::format("{} (counted from 0)", cell),
                      .key = "obs/" + keys_.cell_type,
                      .found = fmt::format("'{}' {}", label, what),
                      .next_step = fmt::format("{}, or name another column with --cell-type-key", remedy)});
  };
  if (!ontology::looks_like_cl_id(label)) {
    refuse("is not a Cell Ontology id like CL:0000084", "correct it");
  }
  const auto term = ontology_.resolve(label);
  if (!term && ontology_.find(label)) {
    refuse(fmt::format("is obsolete in {} and has no replacement", ontology_.version()),
           "give these cells another term or 'unknown'");
  }
  if (!term) {
    refuse(fmt::format("is not in {}", ontology_.version()), "give a release that has it with --ontology");
  }
  const std::string& id = ontology_.term(*term).id;
  if (id != label) {
    ReplacedLabel& replaced = replaced_[label];
    replaced.from = label;
    replaced.to = id;
    replaced.cells += n_cells;
  }
  return cells_.dictionary(Field::kCellType).code(id);
}

void ObsCollector::add_donors(const CellSource& file, const Categorical& datasets) {
  std::vector<Categorical> columns;
  for (const auto& column : donor_columns_) columns.push_back(file.obs_as_text(column));
  const std::size_t n_keys = columns.size();
  const bool key_is_person = n_keys == 1 && donor_columns_.front() == kPersonColumn;
  if (!key_is_person && file.has_obs(kPersonColumn)) columns.push_back(file.obs_as_text(kPersonColumn));

  std::vector<const Codes*> codes = {&datasets.codes};
  for (const auto& column : columns) codes.push_back(&column.codes);
  const Combinations all = combine(codes);
  const std::string stem = formats::path_without_ending(file.path()).filename().string();
  Codes nodes;
  for (const std::size_t cell : all.example) {
    std::string key, person;
    bool known = true;
    for (std::size_t i = 0; i < n_keys; ++i) {
      known = known && !is_no_donor(columns[i].value(cell));
      key += (i == 0 ? "" : "/") + columns[i].value(cell);
    }
    if (columns.size() > n_keys && !is_no_donor(columns.back().value(cell))) person = columns.back().value(cell);
    const std::string& dataset = is_missing(datasets.value(cell)) ? stem : datasets.value(cell);
    nodes.push_back(donors_.add(dataset, known ? key : std::string(), person));
  }
  CodeColumn& donors = cells_.column(Field::kDonor);
  for (const std::int32_t combination : all.codes) donors.push_back(nodes[static_cast<std::size_t>(combination)]);
}

void ObsCollector::warn_of_namesakes(const CellSource& file) {
  for (const std::string& donor : file.obs_as_text(donor_columns_.front()).categories) {
    if (is_no_donor(donor)) continue;
    const auto [seen, inserted] = donors_of_unnamed_datasets_.emplace(donor, file.path().string());
    if (inserted || seen->second == file.path().string()) continue;
    spdlog::warn(
        "{} and {} both have a donor '{}' and name no dataset, so they count as two people; if they are one, "
        "give both files an obs column of one dataset and name it with --dataset-key",
        seen->second, file.path().string(), donor);
    return;
  }
}

void ObsCollector::warn_of_split_persons(const CellSource& file) {
  if (!file.has_obs(keys_.dataset)) return;
  const Categorical donors = file.obs_as_text(donor_columns_.front());
  const Categorical datasets = file.obs_as_text(keys_.dataset);
  std::vector<std::int32_t> dataset_of(donors.categories.size(), -1);
  for (std::size_t cell = 0; cell < donors.codes.size(); ++cell) {
    if (donors.codes[cell] < 0 || datasets.codes[cell] < 0 || is_no_donor(donors.value(cell))) continue;
    std::int32_t& dataset = dataset_of[static_cast<std::size_t>(donors.codes[cell])];
    if (dataset < 0) dataset = datasets.codes[cell];
    if (dataset == datasets.codes[cell]) continue;
    spdlog::warn(
        "{}: donor '{}' is in '{}' and in '{}' of '{}', and counts as two people; if it is one, name a column with "
        "--dataset-key that does not split one person's cells",
        file.path().string(), donors.value(cell), datasets.categories[static_cast<std::size_t>(dataset)],
        datasets.value(cell), keys_.dataset);
    return;
  }
}

void ObsCollector::add_primary(const CellSource& file) {
  constexpr const char* column = "is_primary_data";
  const bool has_column = file.has_obs(column);
  if (!keys_.primary_only || (keys_.assume_primary && !has_column)) {
    cells_.primary.insert(cells_.primary.end(), static_cast<std::size_t>(file.n_cells()), 1);
    return;
  }
  if (!has_column) {
    throw InputError({.file = file.path().string(),
                      .found = fmt::format("obs has no column '{}'; its columns are {}", column, columns_of(file)),
                      .expected = "one that tells cells from copies of cells in other datasets",
                      .next_step = "take all cells of such files as primary with --assume-primary"});
  }
  const Categorical values = file.obs_as_text(column);
  for (std::size_t cell = 0; cell < values.codes.size(); ++cell) {
    const std::string& value = values.value(cell);
    cells_.primary.push_back(value == "True" || value == "true" || value == "TRUE" || value == "1" ? 1 : 0);
  }
}

CellTable ObsCollector::finish() {
  const Codes donor_of_node = donors_.donor_of_nodes(cells_.dictionary(Field::kDonor));
  CodeColumn& donors = cells_.column(Field::kDonor);
  for (std::size_t cell = 0; cell < donors.size(); ++cell) {
    const std::int32_t node = donors[cell];
    if (node >= 0) donors.set(cell, donor_of_node[static_cast<std::size_t>(node)]);
  }
  return std::exchange(cells_, {});
}

std::vector<ReplacedLabel> ObsCollector::replaced_labels() const {
  std::vector<ReplacedLabel> labels;
  for (const auto& [from, label] : replaced_) labels.push_back(label);
  return labels;
}

}  // namespace sctab::corpus
