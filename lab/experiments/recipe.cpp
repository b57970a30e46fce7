#include "lab/experiments/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lab/experiments/measures.hpp"
#include "lab/experiments/recipe_sections.hpp"
#include "sctab/core/error.hpp"

namespace sctab::experiments {
namespace {

/// The names that figures and findings may use.
class Names {
 public:
  Names(std::string source, const Recipe& recipe) : source_(std::move(source)), recipe_(recipe) {
    for (const ModelSpec& model : recipe.models) add(models_, model.name, "[[model]]");
    for (const PartSpec& part : recipe.parts) add(parts_, part.name, "[[part]]");
  }

  void check_models(const std::vector<std::string>& given, const std::string& where) const {
    for (const std::string& name : given) check(models_, name, where, "model");
  }
  void check_parts(const std::vector<std::string>& given, const std::string& where) const {
    for (const std::string& name : given) check(parts_, name, where, "part");
  }
  void check(const FindingSide& side, const std::string& where) const {
    check_models({side.model}, where);
    check_parts({side.part}, where);
    if (!side.over_model.empty()) check_models({side.over_model}, where);
    if (!side.over_part.empty()) check_parts({side.over_part}, where);
    check_trained(side.model, side.part, where);
    check_trained(side.base_model(), side.base_part(), where);
  }

 private:
  void add(std::set<std::string>& names, const std::string& name, const char* section) const {
    if (!names.insert(name).second) {
      throw core::InputError({.file = source_,
                              .key = section,
                              .found = fmt::format("two have the name '{}'", name),
                              .next_step = "give each a name of its own"});
    }
  }
  void check(const std::set<std::string>& names, const std::string& name, const std::string& where,
             const char* what) const {
    if (names.count(name) > 0) return;
    throw core::InputError({.file = source_,
                            .subject = where,
                            .found = fmt::format("the {} '{}', which the recipe does not have", what, name),
                            .expected = fmt::format("one of {}", fmt::join(names, ", "))});
  }

  void check_trained(const std::string& model, const std::string& part, const std::string& where) const {
    const auto found = std::ranges::find(recipe_.models, model, &ModelSpec::name);
    SCTAB_ASSERT(found != recipe_.models.end());
    if (found->is_trained_on(part)) return;
    throw core::InputError(
        {.file = source_,
         .subject = where,
         .found = fmt::format("the model '{}' on the part '{}', on which it is not trained", model, part),
         .expected = fmt::format("one of its parts: {}", fmt::join(found->parts, ", ")),
         .next_step = "name one of them, or add the part to the model's parts"});
  }

  std::string source_;
  const Recipe& recipe_;
  std::set<std::string> models_, parts_;
};

void check_names(const std::string& source, const Recipe& recipe) {
  const Names names(source, recipe);
  for (const ModelSpec& model : recipe.models) names.check_parts(model.parts, fmt::format("model '{}'", model.name));
  for (const FigureSpec& figure : recipe.figures) {
    const std::string where = fmt::format("figure '{}'", figure.title);
    names.check_models(figure.models, where);
    names.check_parts(figure.parts, where);
  }
  for (const FindingSpec& finding : recipe.findings) {
    const std::string where = fmt::format("finding '{}'", finding.text);
    names.check(finding.left, where);
    if (finding.right) names.check(*finding.right, where);
  }
}

template <typename Spec>
void read_all(const std::vector<SettingsReader>& readers, Spec (*read)(SettingsReader), std::vector<Spec>& specs) {
  for (const SettingsReader& reader : readers) specs.push_back(read(reader));
}

}  // namespace

bool FindingSide::shares_trials(const FindingSide& other) const {
  // If it is not a gain, the base is the side's own trial.
  const auto trials = [](const FindingSide& side) {
    return std::array{std::pair(side.model, side.part), std::pair(side.base_model(), side.base_part())};
  };
  const auto theirs = trials(other);
  return std::ranges::any_of(trials(*this),
                             [&theirs](const auto& trial) { return std::ranges::find(theirs, trial) != theirs.end(); });
}

void require_seeds(const std::vector<std::uint64_t>& seeds, const core::Problem& where) {
  const std::set<std::uint64_t> distinct(seeds.begin(), seeds.end());
  if (!seeds.empty() && distinct.size() == seeds.size()) return;
  throw core::InputError(
      {.found = seeds.empty() ? "no seeds" : "a seed is repeated", .expected = "one or more seeds, each once"})
      .within(where);
}

Recipe read_recipe(const std::filesystem::path& path, bool small) {
  const std::string source = path.string();
  Setting setting = read_toml(path);
  auto& table = std::get<Setting::Table>(setting.value);
  const auto found = table.find("small");
  if (found != table.end()) {
    const Setting overriding = std::move(found->second);
    table.erase(found);
    if (small) override_with(setting, overriding);
  } else if (small) {
    throw core::InputError({.file = source,
                            .key = "[small]",
                            .found = "missing, so this recipe has no small form",
                            .next_step = "run it without --small"});
  }
  SettingsReader reader(source, "", setting);
  Recipe recipe;
  reader.require("title", recipe.title);
  reader.take("draws", recipe.draws);
  reader.require("seeds", recipe.seeds);
  if (auto corpus = reader.take_table("corpus")) recipe.corpus = read_corpus(*corpus);
  read_all(reader.take_tables("part"), read_part, recipe.parts);
  read_all(reader.take_tables("model"), read_model, recipe.models);
  read_all(reader.take_tables("figure"), read_figure, recipe.figures);
  read_all(reader.take_tables("finding"), read_finding, recipe.findings);
  reader.require_no_others();
  if (recipe.parts.empty()) recipe.parts.emplace_back();
  if (recipe.models.empty()) {
    throw core::InputError({.file = source, .key = "[[model]]", .found = "none", .expected = "at least one"});
  }
  require_seeds(recipe.seeds, reader.where("seeds"));
  check_names(source, recipe);
  check_measures(source, recipe);
  return recipe;
}

}  // namespace sctab::experiments
