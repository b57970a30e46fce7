#include "sctab/annotate/cell_levels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/obs_values.hpp"

namespace sctab::annotate {
namespace {

using core::InputError;

/// Of a text of obs, in the words that stores have for it: EFO terms of assays are named.
model::LevelIndex level_of(const model::Covariate& covariate, const std::string& text) {
  return covariate.level(covariate.column == "assay" ? h5ad::assay_name(text) : text);
}

/// The level that "tissue=lung" names.
model::LevelIndex given_level(const model::Covariate& covariate, const std::string& given, const std::string& model) {
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos || given.substr(0, equals) != covariate.column) {
    throw InputError(fmt::format("--covariate {}: the covariate of {} is {}, expected {}=LEVEL", given, model,
                                 covariate.column, covariate.column));
  }
  const model::LevelIndex level = level_of(covariate, given.substr(equals + 1));
  if (level != model::kNoLevel) return level;
  throw InputError(
      fmt::format("--covariate {}: {} knows no such {}, expected one of {}; --without-covariate does "
                  "without",
                  given, model, covariate.column, fmt::join(covariate.levels, ", ")));
}

void read_levels(const h5ad::Categorical& column, const model::Covariate& covariate, CellLevels& found) {
  std::vector<model::LevelIndex> level_of_code;
  for (const std::string& category : column.categories) level_of_code.push_back(level_of(covariate, category));
  for (std::size_t cell = 0; cell < column.codes.size(); ++cell) {
    const std::int32_t code = column.codes[cell];
    if (code < 0) continue;
    found.levels[cell] = level_of_code[static_cast<std::size_t>(code)];
    const bool stranger = found.levels[cell] == model::kNoLevel && !h5ad::is_missing(column.value(cell));
    if (stranger) ++found.unknown_values[column.value(cell)];
  }
}

}  // namespace

CellLevels cell_levels(const h5ad::File& file, const model::ModelDescription& model, const CovariateOptions& options) {
  if (!options.given.empty() && options.without) {
    throw InputError("--covariate and --without-covariate were both given; choose one");
  }
  if (!model.covariate) {
    if (options.given.empty() && !options.without) return {};
    throw InputError(fmt::format("{}: the model {} has no covariate; leave it out",
                                 options.without ? "--without-covariate" : "--covariate", model.name));
  }
  const model::Covariate& covariate = *model.covariate;
  CellLevels found;
  const auto n_cells = static_cast<std::size_t>(file.n_cells());
  found.levels.assign(n_cells, model::kNoLevel);
  const auto column =
      std::ranges::find_if(covariate.obs_columns, [&](const std::string& name) { return file.has_obs(name); });
  if (options.without) {
    found.source = "withheld by --without-covariate";
  } else if (!options.given.empty()) {
    found.source = "--covariate " + options.given;
    found.levels.assign(n_cells, given_level(covariate, options.given, model.name));
  } else if (column == covariate.obs_columns.end()) {
    found.source = fmt::format("obs has no column {}", fmt::join(covariate.obs_columns, " or "));
  } else {
    found.source = "obs column " + *column;
    read_levels(file.obs_as_text(*column), covariate, found);
  }
  found.n_without = std::ranges::count(found.levels, model::kNoLevel);
  return found;
}

}  // namespace sctab::annotate
