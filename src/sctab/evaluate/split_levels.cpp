#include "sctab/evaluate/split_levels.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::evaluate {
namespace {

using store::Field;
using store::Store;

// Chosen on validation cells, as docs/covariates.md tells: about that of a well expressed gene.
constexpr float kLevelValue = 3;

/// The field that a column of this name is. Throws InputError naming those that can be a covariate.
Field covariate_field(std::string_view column) {
  std::vector<std::string_view> names;
  for (const Field field : store::kFields) {
    if (store::obs_columns(field).empty()) continue;
    if (store::name(field) == column) return field;
    names.push_back(store::name(field));
  }
  throw core::InputError(
      {.subject = "--covariate", .found = fmt::format("\"{}\"", column), .expected = core::alternatives(names)});
}

}  // namespace

model::Covariate find_covariate(const Store& store, std::string_view column) {
  const Field field = covariate_field(column);
  const std::vector<std::string>& values = store.tables().column(field);
  std::vector<bool> seen(values.size(), false);
  for (const auto code : store.codes(store::Split::kTrain, field)) {
    if (code >= 0) seen.at(static_cast<std::size_t>(code)) = true;
  }
  model::Covariate covariate;
  covariate.column = column;
  const auto names = store::obs_columns(field);
  covariate.obs_columns.assign(names.begin(), names.end());
  covariate.value = kLevelValue;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (seen[i] && values[i] != store::kUnknownValue) covariate.levels.push_back(values[i]);
  }
  if (covariate.levels.size() >= 2) return covariate;
  throw core::InputError({.file = store.directory().string(),
                          .subject = fmt::format("--covariate {}", column),
                          .found = covariate.levels.empty() ? std::string("training cells without any value")
                                                            : fmt::format("training cells with only one value, '{}'",
                                                                          covariate.levels.front()),
                          .expected = "at least two values to learn from",
                          .next_step = "remove the option"});
}

model::CellLevels split_levels(const Store& store, store::Split split,
                               const std::optional<model::Covariate>& covariate) {
  if (!covariate) return {};
  const Field field = covariate_field(covariate->column);
  std::vector<model::LevelIndex> level_of_code, levels;
  for (const std::string& value : store.tables().column(field)) level_of_code.push_back(covariate->level(value));
  for (const auto code : store.codes(split, field)) {
    levels.push_back(code < 0 ? model::kNoLevel : level_of_code.at(static_cast<std::size_t>(code)));
  }
  return {*covariate, std::move(levels)};
}

}  // namespace sctab::evaluate
