#include "sctab/annotate/cell_levels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sctab/annotate/tissue_names.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/nearest_word.hpp"
#include "sctab/formats/h5ad/obs_values.hpp"

namespace sctab::annotate {
namespace {

using core::InputError;

/// Of a text of obs, in the words that stores have for it: EFO terms of assays become names.
model::LevelIndex level_of(const model::Covariate& covariate, const std::string& text) {
  return covariate.level(covariate.column == "assay" ? h5ad::assay_name(text) : text);
}

/// Of a text that the user typed: case does not matter, and a UBERON id may stand for its tissue.
model::LevelIndex typed_level(const model::Covariate& covariate, const std::string& text) {
  if (const model::LevelIndex level = level_of(covariate, text); level != model::kNoLevel) return level;
  const std::string_view tissue = tissue_name(text);
  const std::string wanted = h5ad::trimmed_lower_case(tissue.empty() ? text : tissue);
  const auto found = std::ranges::find(covariate.levels, wanted, &h5ad::trimmed_lower_case);
  return found == covariate.levels.end() ? model::kNoLevel
                                         : static_cast<model::LevelIndex>(found - covariate.levels.begin());
}

model::LevelIndex require_level(const model::Covariate& covariate, const std::string& text, const std::string& option,
                                const std::string& model) {
  const model::LevelIndex level = typed_level(covariate, text);
  if (level != model::kNoLevel) return level;
  const std::string nearest = core::nearest_word(text, covariate.levels);
  throw InputError({.subject = option,
                    .found = fmt::format("the model {} does not know this {}", model, covariate.column),
                    .expected = fmt::format("one of {}", fmt::join(covariate.levels, ", ")),
                    .next_step = nearest.empty() ? "use --no-covariate to label by the genes alone"
                                                 : fmt::format("did you mean '{}'?", nearest)});
}

/// The level that --obs tissue=lung names.
model::LevelIndex given_level(const model::Covariate& covariate, const std::string& given, const std::string& model) {
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos || given.substr(0, equals) != covariate.column) {
    throw InputError({.subject = fmt::format("--obs {}", given),
                      .found = fmt::format("the covariate of the model {} is {}", model, covariate.column),
                      .expected = fmt::format("{}=VALUE", covariate.column)});
  }
  return require_level(covariate, given.substr(equals + 1), fmt::format("--obs {}", given), model);
}

std::vector<model::LevelIndex> read_levels(const h5ad::Categorical& column, const model::Covariate& covariate,
                                           std::map<std::string, std::int64_t>& unknown_values) {
  std::vector<model::LevelIndex> level_of_code;
  for (const std::string& category : column.categories) level_of_code.push_back(level_of(covariate, category));
  std::vector<model::LevelIndex> levels(column.codes.size(), model::kNoLevel);
  for (std::size_t cell = 0; cell < levels.size(); ++cell) {
    const std::int32_t code = column.codes[cell];
    if (code < 0) continue;
    levels[cell] = level_of_code[static_cast<std::size_t>(code)];
    const bool stranger = levels[cell] == model::kNoLevel && !h5ad::is_missing(column.value(cell));
    if (stranger) ++unknown_values[column.value(cell)];
  }
  return levels;
}

void require_usable(const model::ModelDescription& model, const CovariateOptions& options) {
  if (!options.tissue.empty() + !options.obs.empty() + options.without > 1) {
    throw InputError(
        {.found = "more than one of --tissue, --obs and --no-covariate was given", .next_step = "choose one"});
  }
  if (model.covariate || (options.obs.empty() && !options.without)) return;
  throw InputError({.subject = options.without ? "--no-covariate" : "--obs",
                    .found = fmt::format("has no effect: the model {} has no covariate", model.name),
                    .next_step = "remove the option"});
}

}  // namespace

bool takes_tissue(const model::ModelDescription& model) {
  return model.covariate && model.covariate->column.starts_with("tissue");
}

LevelsFound cell_levels(const h5ad::File& file, const model::ModelDescription& model, const CovariateOptions& options) {
  require_usable(model, options);
  if (!model.covariate) return {};
  const model::Covariate& covariate = *model.covariate;
  LevelsFound found;
  std::vector<model::LevelIndex> levels(static_cast<std::size_t>(file.n_cells()), model::kNoLevel);
  const auto column =
      std::ranges::find_if(covariate.obs_columns, [&](const std::string& name) { return file.has_obs(name); });
  if (options.without) {
    found.source = "withheld by --no-covariate";
  } else if (!options.tissue.empty() && takes_tissue(model)) {
    found.source = "--tissue " + options.tissue;
    std::ranges::fill(levels, require_level(covariate, options.tissue, found.source, model.name));
  } else if (!options.obs.empty()) {
    found.source = "--obs " + options.obs;
    std::ranges::fill(levels, given_level(covariate, options.obs, model.name));
  } else if (column == covariate.obs_columns.end()) {
    found.source = fmt::format("obs has no column {}", fmt::join(covariate.obs_columns, " or "));
  } else {
    found.source = "obs column " + *column;
    levels = read_levels(file.obs_as_text(*column), covariate, found.unknown_values);
  }
  found.levels = {covariate, std::move(levels)};
  return found;
}

}  // namespace sctab::annotate
