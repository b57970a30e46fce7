#include "sctab/model/covariate.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"

namespace sctab::model {
using nlohmann::json;

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
  const core::JsonFields fields(json_value, {.file = std::string(source),
                                             .key = "covariate",
                                             .next_step = "the file is damaged: copy the model directory again"});
  const auto distinct_texts = [&](const char* key) {
    auto texts = fields.get<std::vector<std::string>>(key);
    const std::set<std::string> distinct(texts.begin(), texts.end());
    if (texts.empty() || distinct.size() != texts.size()) throw fields.error(key, "one text or more, each once");
    return texts;
  };
  Covariate covariate{.column = fields.get<std::string>("column"),
                      .obs_columns = distinct_texts("obs_columns"),
                      .levels = distinct_texts("levels"),
                      .value = static_cast<float>(fields.get<double>("value"))};
  if (!std::isfinite(covariate.value) || covariate.value == 0) {
    throw fields.error("value", "a finite number other than 0");
  }
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

core::CellIndex CellLevels::n_without() const {
  return std::ranges::count(levels_, kNoLevel);
}

sparse::CsrView CellLevels::add(sparse::CsrView log_norm, core::CellIndex first, sparse::CsrMatrix& memory) const {
  if (!covariate_) return log_norm;
  const auto levels =
      std::span(levels_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(log_norm.n_cells));
  return with_levels(*covariate_, log_norm, levels, memory);
}

sparse::CsrView CellLevels::add(sparse::CsrView log_norm, std::span<const core::CellIndex> rows,
                                sparse::CsrMatrix& memory, double hidden, core::Rng rng) const {
  if (!covariate_) return log_norm;
  std::vector<LevelIndex> levels;
  for (const core::CellIndex row : rows) {
    levels.push_back(rng.uniform() < hidden ? kNoLevel : levels_.at(static_cast<std::size_t>(row)));
  }
  return with_levels(*covariate_, log_norm, levels, memory);
}

}  // namespace sctab::model
