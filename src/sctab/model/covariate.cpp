#include "sctab/model/covariate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "sctab/core/error.hpp"

namespace sctab::model {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(std::string_view source, std::string_view key, std::string_view expected) {
  throw core::InputError({.file = std::string(source),
                          .key = key.empty() ? "covariate" : fmt::format("covariate.{}", key),
                          .expected = std::string(expected),
                          .next_step = "the file is damaged or not a model's: copy the model directory again"});
}

std::vector<std::string> read_texts(const json& object, std::string_view source, const char* key) {
  const json list = object.value(key, json());
  if (!list.is_array() || list.empty() || !std::ranges::all_of(list, [](const json& item) { return item.is_string(); }))
    refuse(source, key, "a list of texts");
  auto texts = list.get<std::vector<std::string>>();
  if (std::unordered_set<std::string>(texts.begin(), texts.end()).size() != texts.size()) {
    refuse(source, key, "distinct texts");
  }
  return texts;
}

}  // namespace

LevelIndex Covariate::level(std::string_view text) const {
  const auto found = std::ranges::find(levels, text);
  return found == levels.end() ? kNoLevel : static_cast<LevelIndex>(found - levels.begin());
}

json to_json(const Covariate& covariate) {
  return {{"column", covariate.column},
          {"obs_columns", covariate.obs_columns},
          {"levels", covariate.levels},
          {"value", covariate.value}};
}

Covariate covariate_from_json(const json& json_value, std::string_view source) {
  if (!json_value.is_object()) refuse(source, "", "an object");
  Covariate covariate;
  if (!json_value.value("column", json()).is_string()) refuse(source, "column", "text");
  covariate.column = json_value["column"].get<std::string>();
  covariate.obs_columns = read_texts(json_value, source, "obs_columns");
  covariate.levels = read_texts(json_value, source, "levels");
  if (!json_value.value("value", json()).is_number()) refuse(source, "value", "a number");
  covariate.value = json_value["value"].get<float>();
  if (!std::isfinite(covariate.value) || covariate.value == 0) refuse(source, "value", "a finite number other than 0");
  return covariate;
}

sparse::CsrView with_levels(const Covariate& covariate, sparse::CsrView log_norm, std::span<const LevelIndex> levels,
                            sparse::CsrMatrix& memory) {
  SCTAB_ASSERT(std::ssize(levels) == log_norm.n_cells);
  const auto n_levels = core::narrow<sparse::GeneIndex>(covariate.levels.size());
  if (std::ranges::all_of(levels, [](LevelIndex level) { return level == kNoLevel; })) {
    log_norm.n_genes += n_levels;
    return log_norm;
  }
  memory.clear(log_norm.n_genes + n_levels);
  memory.indices.reserve(static_cast<std::size_t>(log_norm.nnz() + log_norm.n_cells));
  memory.data.reserve(static_cast<std::size_t>(log_norm.nnz() + log_norm.n_cells));
  for (sparse::CellIndex cell = 0; cell < log_norm.n_cells; ++cell) {
    const auto [genes, values] = log_norm.row(cell);
    memory.append_row(genes, values);
    const LevelIndex level = levels[static_cast<std::size_t>(cell)];
    if (level == kNoLevel) continue;
    SCTAB_ASSERT(level >= 0 && level < n_levels);
    memory.indices.push_back(log_norm.n_genes + level);
    memory.data.push_back(covariate.value);
    ++memory.indptr.back();
  }
  return memory.view();
}

}  // namespace sctab::model
