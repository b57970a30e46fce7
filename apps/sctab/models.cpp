#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/model/find_model.hpp"
#include "sctab/model/model_directory.hpp"

namespace sctab::cli {
namespace {

nlohmann::json to_json(const model::InstalledModel& model) {
  nlohmann::json json = {{"name", model.name}, {"directory", model.directory.string()}};
  try {
    const model::ModelDescription description = model::read_description(model.directory);
    json["kind"] = model::name(description.architecture.kind);
    json["cell_types"] = description.cell_types.size();
    json["genes"] = description.genes.size();
  } catch (const core::InputError& error) {  // one damaged model does not hide the others
    json["error"] = error.what();
  }
  return json;
}

void list(bool& json) {
  nlohmann::json rows = nlohmann::json::array();
  for (const model::InstalledModel& model : model::installed_models()) rows.push_back(to_json(model));
  if (json) return print_json(rows);
  if (rows.empty()) {
    std::vector<std::string> folders;
    for (const auto& folder : model::model_folders()) folders.push_back(folder.string());
    return fmt::print("no models are installed; looked in {}\n", fmt::join(folders, ", "));
  }
  constexpr auto kRight = core::TextTable::Align::kRight;
  core::TextTable table({{"name"}, {"kind"}, {"cell types", kRight}, {"genes", kRight}, {"directory"}});
  for (const nlohmann::json& model : rows) {
    const auto count = [&](const char* key) { return core::format_count(model.value(key, std::int64_t{0})); };
    table.add_row(
        {model.at("name"), model.value("kind", "damaged"), count("cell_types"), count("genes"), model.at("directory")});
  }
  fmt::print("{}", table.text());
}

struct ShowArguments {
  std::filesystem::path model;
  bool json = false;
};

nlohmann::json to_json(const model::ModelDescription& model, const std::filesystem::path& directory) {
  nlohmann::json types = nlohmann::json::array();
  for (const model::CellTypeLabel& type : model.cell_types) {
    types.push_back({{"label", type.label}, {"cell_type_ontology_term_id", type.id}});
  }
  return {{"name", model.name},
          {"hash", model::model_hash(directory)},
          {"architecture", model::to_json(model.architecture)},
          {"genes", {{"n", model.genes.size()}, {"hash", model.genes.hash()}}},
          {"cell_types", types},
          {"training", model.training},
          {"metrics", model.metrics},
          {"members", model.members}};
}

void show(ShowArguments& arguments) {
  const std::filesystem::path directory = model::find_model(arguments.model);
  const model::ModelDescription model = model::read_description(directory);
  if (arguments.json) return print_json(to_json(model, directory));
  fmt::print("{}", model::model_card(model));
}

}  // namespace

void add_models_list(CLI::App& models) {
  CLI::App* command = models.add_subcommand(
      "list",
      "List the installed models. They are the model directories in $SCTAB_MODELS, ~/.local/share/sctab/models and "
      "share/sctab/models of the installation; `-m NAME` finds them.");
  add_memory(*command);
  add_json(*command, add_arguments<bool>(*command, list));
}

void add_models_show(CLI::App& models) {
  CLI::App* command =
      models.add_subcommand("show", "Show a model's card. It lists cell types, genes, training facts and metrics.");
  ShowArguments& arguments = add_arguments(*command, show);
  command->add_option("MODEL", arguments.model, "a model directory, or the name of an installed model")->required();
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
