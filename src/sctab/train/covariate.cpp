#include "sctab/train/covariate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::train {
namespace {

using store::Field;
using store::Store;

// Chosen on validation cells, as docs/covariates.md tells: about that of a well expressed gene.
constexpr float kLevelValue = 3;

Field covariate_field(std::string_view column) {
  std::vector<std::string_view> names;
  for (const Field field : store::kFields) {
    if (store::obs_columns(field).empty()) continue;
    if (store::name(field) == column) return field;
    names.push_back(store::name(field));
  }
  throw core::InputError(
      fmt::format("--covariate {}: is no covariate, expected one of {}", column, fmt::join(names, ", ")));
}

}  // namespace

nn::Covariate find_covariate(const Store& store, std::string_view column) {
  const Field field = covariate_field(column);
  const std::vector<std::string>& values = store.tables().column(field);
  std::vector<bool> seen(values.size(), false);
  for (const auto code : store.codes(store::Split::kTrain, field)) {
    if (code >= 0) seen.at(static_cast<std::size_t>(code)) = true;
  }
  nn::Covariate covariate;
  covariate.column = column;
  const auto names = store::obs_columns(field);
  covariate.obs_columns.assign(names.begin(), names.end());
  covariate.value = kLevelValue;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (seen[i] && values[i] != store::kUnknownValue) covariate.levels.push_back(values[i]);
  }
  if (covariate.levels.size() >= 2) return covariate;
  throw core::InputError(fmt::format(
      "--covariate {}: the training cells of {} have {}, and at least two values of it are needed to learn from; leave "
      "it out",
      column, store.directory().string(),
      covariate.levels.empty() ? "none" : fmt::format("'{}' alone", covariate.levels.front())));
}

SplitLevels::SplitLevels(const Store& store, store::Split split, std::optional<nn::Covariate> covariate)
    : covariate_(std::move(covariate)) {
  if (!covariate_) return;
  const Field field = covariate_field(covariate_->column);
  std::vector<nn::LevelIndex> level_of_code;
  for (const std::string& value : store.tables().column(field)) level_of_code.push_back(covariate_->level(value));
  for (const auto code : store.codes(split, field)) {
    levels_.push_back(code < 0 ? nn::kNoLevel : level_of_code.at(static_cast<std::size_t>(code)));
  }
}

SplitLevels::SplitLevels(nn::Covariate covariate, store::CellIndex n_cells)
    : covariate_(std::move(covariate)), levels_(static_cast<std::size_t>(n_cells), nn::kNoLevel) {}

sparse::CsrView SplitLevels::add(sparse::CsrView log_norm, std::span<const store::CellIndex> rows,
                                 sparse::CsrMatrix& memory) const {
  if (!covariate_) return log_norm;
  std::vector<nn::LevelIndex> levels;
  for (const auto row : rows) levels.push_back(levels_.at(static_cast<std::size_t>(row)));
  return nn::with_levels(*covariate_, log_norm, levels, memory);
}

sparse::CsrView SplitLevels::add_some(sparse::CsrView log_norm, std::span<const store::CellIndex> rows, double share,
                                      core::Rng rng, sparse::CsrMatrix& memory) const {
  if (!covariate_) return log_norm;
  std::vector<nn::LevelIndex> levels;
  for (const auto row : rows) {
    const bool hidden = rng.uniform() < share;
    levels.push_back(hidden ? nn::kNoLevel : levels_.at(static_cast<std::size_t>(row)));
  }
  return nn::with_levels(*covariate_, log_norm, levels, memory);
}

store::CellIndex SplitLevels::n_without() const {
  return std::ranges::count(levels_, nn::kNoLevel);
}

}  // namespace sctab::train
