#include "lab/experiments/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lab/experiments/results.hpp"
#include "lab/experiments/settings_reader.hpp"
#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::experiments {
namespace {

// [corpus] and [[part]].

void take_path(SettingsReader& reader, std::string_view key, std::filesystem::path& path) {
  std::string text;
  if (reader.take(key, text)) path = text;
}

void take_curation(SettingsReader& reader, corpus::CurationOptions& curation) {
  reader.take("primary_only", curation.primary_only);
  reader.take("assume_primary", curation.assume_primary);
  reader.take("tenx_only", curation.tenx_only);
  reader.take("below_native_cell", curation.below_native_cell);
  reader.take("min_cells", curation.min_cells);
  reader.take("min_donors", curation.min_donors);
  reader.take("min_ancestors", curation.min_ancestors);
  reader.take("strict_thresholds", curation.strict_thresholds);
  curation.validate();
}

void take_split(SettingsReader& reader, corpus::SplitOptions& split) {
  reader.take("val_fraction", split.val_fraction);
  reader.take("test_fraction", split.test_fraction);
  reader.take("keep_types_in_train", split.keep_types_in_train);
  reader.take("seed", split.seed);
  split.validate();
}

simulate::SimulateOptions read_simulation(SettingsReader reader) {
  simulate::SimulateOptions options;
  reader.take("cells", options.n_cells);
  reader.take("sources", options.n_sources);
  reader.take("donors", options.n_donors);
  reader.take("types", options.n_types);
  reader.take("genes", options.n_genes);
  reader.take("donor_effect", options.donor_effect);
  reader.take("coarse_labels", options.coarse_labels);
  reader.take("seed", options.seed);
  reader.require_no_others();
  options.validate();
  return options;
}

void take_share(SettingsReader& reader, PartSpec& part) {
  std::string by;
  const bool has_by = reader.take_choice("by", by, {"cells", "donors"});
  const bool has_fraction = reader.take("fraction", part.fraction);
  if (has_by && !has_fraction) {
    reader.refuse("fraction", {.found = "missing", .next_step = fmt::format("give the fraction of the {}", by)});
  }
  if (!(part.fraction > 0 && part.fraction <= 1)) {
    reader.refuse("fraction", {.found = fmt::to_string(part.fraction), .expected = "a number above 0 and at most 1"});
  }
  if (!has_by && part.fraction < 1) {
    reader.refuse("fraction", {.found = fmt::format("{}, and by is missing", part.fraction),
                               .next_step = "add by = \"cells\" or by = \"donors\""});
  }
  if (has_by) part.by = by == "cells" ? corpus::SubsampleBy::kCells : corpus::SubsampleBy::kDonors;
}

CorpusSpec read_corpus(SettingsReader reader) {
  CorpusSpec corpus;
  corpus.as_given = reader.table();
  std::vector<std::string> sources;
  reader.take("sources", sources);
  corpus.sources.assign(sources.begin(), sources.end());
  if (auto simulated = reader.take_table("simulate")) corpus.simulated = read_simulation(*simulated);
  if (corpus.sources.empty() != corpus.simulated.has_value()) {
    reader.refuse("sources", {.found = corpus.simulated ? "given together with simulate" : "missing, and simulate too",
                              .expected = "either sources, a list of files, or simulate, a table"});
  }
  take_path(reader, "ontology", corpus.build.ontology);
  take_path(reader, "genes", corpus.build.genes);
  take_path(reader, "symbols", corpus.build.symbols);
  reader.take("counts", corpus.build.counts);
  reader.take("donor_key", corpus.build.donor_key);
  reader.take("dataset_key", corpus.build.dataset_key);
  reader.take("cell_type_key", corpus.build.cell_type_key);
  take_curation(reader, corpus.build.curation);
  take_split(reader, corpus.build.split);
  reader.require_no_others();
  return corpus;
}

PartSpec read_part(SettingsReader reader) {
  PartSpec part;
  reader.require("name", part.name);
  take_share(reader, part);
  reader.take("without_types", part.without_types);
  reader.take("only_tissues", part.only_tissues);
  reader.take("keep_types", part.keep_types);
  reader.require_no_others();
  return part;
}

// [[model]].

/// The error of an option, at its key and line of the recipe.
core::InputError at_key(const SettingsReader& reader, const core::InputError& error) {
  const train::Option* option = train::find_option(error.problem().subject);
  const std::string key = option == nullptr ? "name" : train::recipe_name(*option);
  core::Problem problem = error.problem();
  if (option != nullptr) problem.subject.clear();
  return core::InputError(problem).within(reader.where(key));
}

/// Takes the option where it is given. Its type is checked here, its range by train::check().
void take_option(SettingsReader& reader, const train::Option& option, train::TrainOptions& options) {
  const std::string key = train::recipe_name(option);
  const auto take = [&]<typename T>(T given) {
    if (reader.take(key, given)) train::set(options, option, given);
  };
  if (train::is_switch(option)) return take(false);
  if (std::holds_alternative<train::OptionalField<std::int64_t>>(option.field)) return take(std::int64_t{});
  if (std::holds_alternative<train::OptionalField<double>>(option.field)) return take(double{});
  take(std::string());
}

/// Refuses an option that is given without the one that it needs.
void check_needs(const SettingsReader& reader, const train::TrainOptions& options) try {
  train::check_needs(options);
} catch (const core::InputError& error) {
  const train::Option* option = train::find_option(error.problem().subject);
  if (option == nullptr || option->needs.empty()) throw;
  const std::size_t end = std::min(option->needs.find(' '), option->needs.size());
  std::string needed = train::recipe_name(*train::find_option(fmt::format("--{}", option->needs.substr(0, end))));
  if (end < option->needs.size()) needed += fmt::format(" = \"{}\"", option->needs.substr(end + 1));
  reader.refuse(train::recipe_name(*option),
                {.found = fmt::format("has no effect without {}", needed), .next_step = "add that, or remove it"});
}

void take_training(SettingsReader& reader, ModelSpec& model) {
  train::TrainOptions& options = model.training;
  try {
    for (const train::Option& option : train::kOptions) {
      if (train::takes(options.kind, option)) {
        if (option.name == "augment") {
          reader.take("augment", model.augment);  // the vectors are made from the part's own cells
        } else {
          take_option(reader, option, options);
        }
      } else if (reader.table().contains(train::recipe_name(option))) {
        train::refuse_kind(*options.kind, option);
      }
    }
    train::check(options);
    if (!model.is_network()) return;
    check_needs(reader, options);
    // Most mistakes depend on no corpus, and are better found here than days later.
    const train::CorpusSize any{
        .n_train = 1'000'000, .n_val = 1000, .n_genes = 1000, .cells_per_type = {500'000, 500'000}};
    static_cast<void>(train::choose_plans(options, any));
  } catch (const core::InputError& error) {
    if (error.problem().subject.starts_with("--")) throw at_key(reader, error);
    throw error;
  }
}

void take_loader(SettingsReader& reader, ModelSpec& model) {
  store::LoaderOptions& options = model.loader.emplace();
  reader.take("batch_size", options.batch_size);
  reader.take("threads", options.threads);
  reader.take("rows_per_block", options.rows_per_block);
  reader.take("blocks_per_window", options.blocks_per_window);
  reader.take("cold", model.cold);
  try {
    options.validate();
  } catch (const core::InputError& error) {
    throw error.within(reader.where("name"));
  }
}

void take_command(SettingsReader& reader, ModelSpec& model) {
  std::string version;  // the version of what the command runs; like every setting it is part of a trial's identity
  reader.require("command", model.command);
  reader.take("version", version);
  for (const char* placeholder : {"{store}", "{out}"}) {
    if (model.command.find(placeholder) != std::string::npos) continue;
    reader.refuse("command",
                  {.found = fmt::format("does not contain {}", placeholder),
                   .expected = "{store}, where the cells are, and {out}, where the command writes its calls"});
  }
}

ModelSpec read_model(SettingsReader reader) {
  ModelSpec model;
  std::string kind;
  reader.require("name", model.name);
  std::vector<std::string> kinds;
  for (const model::ModelKindInfo& known : model::kModelKinds) kinds.emplace_back(known.name);
  kinds.insert(kinds.end(), {"loader", "command"});
  reader.require_choice("kind", kind, kinds);
  reader.take("parts", model.parts);
  if (kind == "loader") {
    take_loader(reader, model);
  } else if (kind == "command") {
    take_command(reader, model);
  } else {
    model.training.kind = model::parse_model_kind(kind);
    take_training(reader, model);
  }
  reader.require_no_others();
  model.as_given = reader.table();
  for (const char* label : {"name", "parts"}) model.as_given.erase(label);
  return model;
}

// [[figure]] and [[finding]].

struct NamedKind {
  const char* name;
  FigureKind kind;
};
constexpr std::array<NamedKind, 7> kKinds = {{{"bars", FigureKind::kBars},
                                              {"tissues", FigureKind::kTissues},
                                              {"curves", FigureKind::kCurves},
                                              {"types", FigureKind::kTypes},
                                              {"lines", FigureKind::kLines},
                                              {"members", FigureKind::kMembers},
                                              {"reliability", FigureKind::kReliability}}};

FindingSide read_side(SettingsReader reader, const std::string& measure) {
  FindingSide side;
  side.measure = measure;
  reader.require("model", side.model);
  reader.take("part", side.part);
  reader.take("over_model", side.over_model);
  reader.take("over_part", side.over_part);
  reader.take("measure", side.measure);
  reader.require_no_others();
  return side;
}

FigureSpec read_figure(SettingsReader reader) {
  FigureSpec figure;
  std::string kind;
  std::vector<std::string> names;
  for (const NamedKind& named : kKinds) names.emplace_back(named.name);
  reader.require("title", figure.title);
  reader.require_choice("kind", kind, names);
  for (const NamedKind& named : kKinds) {
    if (kind == named.name) figure.kind = named.kind;
  }
  reader.take("caption", figure.caption);
  reader.take("models", figure.models);
  reader.take("parts", figure.parts);
  if (figure.kind == FigureKind::kCurves) {
    figure.measure = "val_macro_f1";
    reader.take_choice("measure", figure.measure, {"val_macro_f1", "val_loss", "train_loss"});
  } else if (figure.kind == FigureKind::kBars || figure.kind == FigureKind::kLines ||
             figure.kind == FigureKind::kMembers) {
    reader.take("measure", figure.measure);
  }
  if (figure.kind == FigureKind::kLines) reader.take("over", figure.over);
  reader.require_no_others();
  return figure;
}

FindingSpec read_finding(SettingsReader reader) {
  FindingSpec finding;
  std::string measure = "macro_f1";
  reader.require("text", finding.text);
  reader.require("paper", finding.paper);
  reader.take("measure", measure);
  const auto left = reader.take_table("left"), right = reader.take_table("right");
  if (!left) reader.refuse("left", {.found = "missing", .next_step = "give the side that should be greater"});
  finding.left = read_side(*left, measure);
  if (right) finding.right = read_side(*right, measure);
  const bool is_number = reader.take("than", finding.than);
  if (is_number == right.has_value()) {
    reader.refuse("right", {.found = is_number ? "given together with than" : "missing, and than too",
                            .expected = "either right or than, to compare left with"});
  }
  reader.require_no_others();
  return finding;
}

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
                            .expected = core::alternatives(names)});
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

nlohmann::json to_json(const PartSpec& part) {
  auto json = nlohmann::json::object();
  if (part.by && part.fraction < 1) {  // a fraction of 1 is the same cells by either
    json["by"] = corpus::name(*part.by);
    json["fraction"] = part.fraction;
    if (part.keep_types) json["keep_types"] = true;
  }
  if (!part.without_types.empty()) json["without_types"] = part.without_types;
  if (!part.only_tissues.empty()) json["only_tissues"] = part.only_tissues;
  return json;
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
  TomlFile file = read_toml(path);
  if (!take_overrides(file, "small", small) && small) {
    throw core::InputError({.file = source,
                            .key = "[small]",
                            .found = "missing, so this recipe has no small form",
                            .next_step = "run it without --small"});
  }
  SettingsReader reader(file, source);
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
