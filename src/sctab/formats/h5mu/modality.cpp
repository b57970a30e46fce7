#include "sctab/formats/h5mu/modality.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>
#include <variant>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/obs_values.hpp"

namespace sctab::h5mu {
namespace {

/// The values of some rows.
struct PickRows {
  const std::vector<std::int64_t>& rows;

  formats::ColumnValues operator()(const formats::Categorical& column) const {
    formats::Categorical picked{{}, column.categories, column.ordered};
    for (const std::int64_t row : rows) picked.codes.push_back(column.codes[static_cast<std::size_t>(row)]);
    return picked;
  }
  template <typename T>
  formats::ColumnValues operator()(const std::vector<T>& values) const {
    std::vector<T> picked;
    picked.reserve(rows.size());
    for (const std::int64_t row : rows) picked.push_back(values[static_cast<std::size_t>(row)]);
    return picked;
  }
};

/// The row of each name; nothing where one of them is not there, or more than once.
std::optional<std::vector<std::int64_t>> rows_of(const formats::Strings& names, const formats::Strings& index) {
  std::unordered_map<std::string_view, std::int64_t> row_of;
  row_of.reserve(index.size());
  constexpr std::int64_t kRepeated = -1;
  for (std::size_t row = 0; row < index.size(); ++row) {
    const auto [entry, is_new] = row_of.try_emplace(index[row], static_cast<std::int64_t>(row));
    if (!is_new) entry->second = kRepeated;
  }
  std::vector<std::int64_t> rows;
  rows.reserve(names.size());
  for (const std::string& name : names) {
    const auto found = row_of.find(name);
    if (found == row_of.end() || found->second == kRepeated) return std::nullopt;
    rows.push_back(found->second);
  }
  return rows;
}

}  // namespace

bool is_mudata(const arrays::ArrayGroup& root) {
  return root.is_group("mod") && !root.exists("X");
}

formats::Strings modalities(const arrays::ArrayGroup& root) {
  formats::Strings names = root.members("mod");
  std::erase_if(names, [&](const std::string& name) { return !root.is_group("mod/" + name); });
  return names;
}

std::string modality_path(const arrays::ArrayGroup& root, std::string_view wanted) {
  if (!is_mudata(root)) {
    throw root.error("", {.found = fmt::format("has no modalities, and --modality names '{}'", wanted),
                          .expected = "a file as MuData writes it",
                          .next_step = "remove --modality"});
  }
  const formats::Strings names = modalities(root);
  const auto path = [](const std::string& name) { return "mod/" + name; };
  const auto named = std::ranges::find(names, wanted.empty() ? "rna" : wanted);
  if (named != names.end()) return path(*named);
  if (!wanted.empty()) {
    throw root.error("", {.found = fmt::format("has no modality '{}'", wanted), .expected = core::alternatives(names)});
  }
  const auto is_rna = [](const std::string& name) { return formats::trimmed_lower_case(name) == "rna"; };
  if (std::ranges::count_if(names, is_rna) == 1) return path(*std::ranges::find_if(names, is_rna));
  if (names.size() == 1) return path(names.front());
  if (names.empty()) {
    throw root.error("mod", {.found = "has no modalities", .next_step = "write the file again with MuData"});
  }
  throw root.error("", {.found = fmt::format("holds the modalities {}", fmt::join(names, ", ")),
                        .expected = "one named rna",
                        .next_step = "name the one that holds gene expression with --modality"});
}

SharedObs::SharedObs(const std::shared_ptr<const arrays::ArrayGroup>& root, std::string_view modality,
                     const formats::Strings& cells) {
  if (!root->is_group("obs")) return;
  obs_.emplace(root, "obs", std::string());
  std::optional<std::vector<std::int64_t>> rows = rows_of(cells, obs_->index());
  if (!rows) return;
  rows_ = *std::move(rows);
  const formats::Strings all = modalities(*root);
  for (const std::string& name : obs_->columns()) {
    const std::size_t colon = name.find(':');
    const std::string owner = colon == std::string::npos ? std::string() : name.substr(0, colon);
    if (owner == modality) {
      columns_.emplace_back(name.substr(colon + 1), name);
    } else if (owner.empty() || std::ranges::find(all, owner) == all.end()) {
      columns_.emplace_back(name, name);
    }
  }
}

const SharedObs::NamedColumn* SharedObs::find(std::string_view column) const {
  const auto found = std::ranges::find(columns_, column, &NamedColumn::first);
  return found == columns_.end() ? nullptr : &*found;
}

formats::Strings SharedObs::columns() const {
  formats::Strings names;
  for (const NamedColumn& each : columns_) {
    if (std::ranges::find(names, each.first) == names.end()) names.push_back(each.first);
  }
  return names;
}

formats::Column SharedObs::column(std::string_view name) const {
  const NamedColumn* const named = find(name);
  SCTAB_ASSERT(named != nullptr);
  return {named->first, std::visit(PickRows{rows_}, obs_->column(named->second).values)};
}

}  // namespace sctab::h5mu
