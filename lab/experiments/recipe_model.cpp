#include <fmt/format.h>

#include <string>
#include <variant>
#include <vector>

#include "lab/experiments/recipe_sections.hpp"
#include "sctab/core/error.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::experiments {
namespace {

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

void take_training(SettingsReader& reader, ModelSpec& model) {
  train::TrainOptions& options = model.training;
  const auto& given = std::get<Setting::Table>(reader.setting().value);
  try {
    for (const train::Option& option : train::kOptions) {
      if (train::takes(options.kind, option)) {
        if (option.name == "augment") {
          reader.take("augment", model.augment);  // the vectors are made from the part's own cells
        } else {
          take_option(reader, option, options);
        }
      } else if (given.contains(train::recipe_name(option))) {
        train::refuse_kind(*options.kind, option);
      }
    }
    train::check(options);
    if (!model.is_network()) return;
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

/// What decides the results: all settings but name and parts, which only say what they are called and where they go.
nlohmann::json deciding(const Setting& setting) {
  nlohmann::json json = to_json(setting);
  json.erase("name");
  json.erase("parts");
  return json;
}

}  // namespace

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
  model.as_given = deciding(reader.setting());
  return model;
}

}  // namespace sctab::experiments
