#include "sctab/annotate/cell_levels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/nearest_word.hpp"
#include "sctab/formats/obs_values.hpp"

namespace sctab::annotate {
namespace {

using core::InputError;

/// The level that a text of obs names. EFO terms of assays become names first, since stores hold names.
model::LevelIndex level_of(const model::Covariate& covariate, const std::string& text) {
  return covariate.level(covariate.column == "assay" ? formats::assay_name(text) : text);
}

/// The level that the user typed: case does not matter, and a UBERON id means its tissue.
model::LevelIndex typed_level(const model::Covariate& covariate, const std::string& text) {
  if (const model::LevelIndex level = level_of(covariate, text); level != model::kNoLevel) return level;
  const std::string_view tissue = tissue_name(text);
  const std::string wanted = formats::trimmed_lower_case(tissue.empty() ? text : tissue);
  const auto found = std::ranges::find(covariate.levels, wanted, &formats::trimmed_lower_case);
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
                    .expected = core::alternatives(covariate.levels),
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

std::vector<model::LevelIndex> read_levels(const formats::Categorical& column, const model::Covariate& covariate,
                                           std::map<std::string, std::int64_t>& unknown_values) {
  std::vector<model::LevelIndex> level_of_code;
  for (const std::string& category : column.categories) level_of_code.push_back(level_of(covariate, category));
  std::vector<model::LevelIndex> levels(column.codes.size(), model::kNoLevel);
  for (std::size_t cell = 0; cell < levels.size(); ++cell) {
    const std::int32_t code = column.codes[cell];
    if (code < 0) continue;
    levels[cell] = level_of_code[static_cast<std::size_t>(code)];
    const bool stranger = levels[cell] == model::kNoLevel && !formats::is_missing(column.value(cell));
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

/// The digits of each id behind "UBERON:", in order.
constexpr std::array<std::pair<std::string_view, std::string_view>, 50> kNames = {{
    {"0000004", "nose"},
    {"0000029", "lymph node"},
    {"0000030", "lamina propria"},
    {"0000056", "ureter"},
    {"0000059", "large intestine"},
    {"0000160", "intestine"},
    {"0000178", "blood"},
    {"0000310", "breast"},
    {"0000344", "mucosa"},
    {"0000403", "scalp"},
    {"0000473", "testis"},
    {"0000922", "embryo"},
    {"0000945", "stomach"},
    {"0000948", "heart"},
    {"0000955", "brain"},
    {"0000970", "eye"},
    {"0000992", "ovary"},
    {"0000995", "uterus"},
    {"0001004", "respiratory system"},
    {"0001007", "digestive system"},
    {"0001013", "adipose tissue"},
    {"0001015", "musculature"},
    {"0001017", "central nervous system"},
    {"0001040", "yolk sac"},
    {"0001043", "esophagus"},
    {"0001087", "pleural fluid"},
    {"0001155", "colon"},
    {"0001264", "pancreas"},
    {"0001723", "tongue"},
    {"0001836", "saliva"},
    {"0001913", "milk"},
    {"0001987", "placenta"},
    {"0002046", "thyroid gland"},
    {"0002048", "lung"},
    {"0002049", "vasculature"},
    {"0002097", "skin of body"},
    {"0002106", "spleen"},
    {"0002107", "liver"},
    {"0002108", "small intestine"},
    {"0002110", "gallbladder"},
    {"0002113", "kidney"},
    {"0002240", "spinal cord"},
    {"0002367", "prostate gland"},
    {"0002369", "adrenal gland"},
    {"0002370", "thymus"},
    {"0002371", "bone marrow"},
    {"0003126", "trachea"},
    {"0003688", "omentum"},
    {"0003889", "fallopian tube"},
    {"0018707", "bladder organ"},
}};

}  // namespace

bool takes_tissue(const model::ModelDescription& model) {
  return model.covariate && model.covariate->column.starts_with("tissue");
}

LevelsFound cell_levels(const formats::CellSource& file, const model::ModelDescription& model,
                        const CovariateOptions& options) {
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

std::string_view tissue_name(std::string_view id) {
  constexpr std::string_view kPrefix = "uberon:";
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  if (!std::ranges::equal(id.substr(0, kPrefix.size()), kPrefix, {}, lower)) return {};
  const std::string_view digits = id.substr(kPrefix.size());
  const auto found = std::ranges::lower_bound(kNames, digits, {}, [](const auto& entry) { return entry.first; });
  return found != kNames.end() && found->first == digits ? found->second : std::string_view();
}

}  // namespace sctab::annotate
