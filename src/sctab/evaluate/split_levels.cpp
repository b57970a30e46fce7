#include "sctab/evaluate/split_levels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::evaluate {

using store::Field;
using store::Store;

Field covariate_field(std::string_view column) {
  std::vector<std::string_view> names;
  for (const Field field : store::kFields) {
    if (store::obs_columns(field).empty()) continue;
    if (store::name(field) == column) return field;
    names.push_back(store::name(field));
  }
  throw core::InputError({.subject = "--covariate",
                          .found = fmt::format("\"{}\"", column),
                          .expected = fmt::format("one of {}", fmt::join(names, ", "))});
}

SplitLevels::SplitLevels(const Store& store, store::Split split, std::optional<model::Covariate> covariate)
    : covariate_(std::move(covariate)) {
  if (!covariate_) return;
  const Field field = covariate_field(covariate_->column);
  std::vector<model::LevelIndex> level_of_code;
  for (const std::string& value : store.tables().column(field)) level_of_code.push_back(covariate_->level(value));
  for (const auto code : store.codes(split, field)) {
    levels_.push_back(code < 0 ? model::kNoLevel : level_of_code.at(static_cast<std::size_t>(code)));
  }
}

SplitLevels::SplitLevels(model::Covariate covariate, store::CellIndex n_cells)
    : covariate_(std::move(covariate)), levels_(static_cast<std::size_t>(n_cells), model::kNoLevel) {}

sparse::CsrView SplitLevels::add(sparse::CsrView log_norm, std::span<const store::CellIndex> rows,
                                 sparse::CsrMatrix& memory) const {
  if (!covariate_) return log_norm;
  std::vector<model::LevelIndex> levels;
  for (const auto row : rows) levels.push_back(levels_.at(static_cast<std::size_t>(row)));
  return model::with_levels(*covariate_, log_norm, levels, memory);
}

sparse::CsrView SplitLevels::add_some(sparse::CsrView log_norm, std::span<const store::CellIndex> rows, double share,
                                      core::Rng rng, sparse::CsrMatrix& memory) const {
  if (!covariate_) return log_norm;
  std::vector<model::LevelIndex> levels;
  for (const auto row : rows) {
    const bool hidden = rng.uniform() < share;
    levels.push_back(hidden ? model::kNoLevel : levels_.at(static_cast<std::size_t>(row)));
  }
  return model::with_levels(*covariate_, log_norm, levels, memory);
}

store::CellIndex SplitLevels::n_without() const {
  return std::ranges::count(levels_, model::kNoLevel);
}

}  // namespace sctab::evaluate
