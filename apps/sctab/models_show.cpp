#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/model/find_model.hpp"
#include "sctab/model/model_directory.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
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

void run(const Arguments& arguments) {
  const std::filesystem::path directory = model::find_model(arguments.model);
  const model::ModelDescription model = model::read_description(directory);
  if (arguments.json) return print_json(to_json(model, directory));
  fmt::print("{}", model::model_card(model));
}

}  // namespace

void add_models_show(CLI::App& models) {
  CLI::App* command =
      models.add_subcommand("show", "Show a model's card. It lists cell types, genes, training facts and metrics.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("MODEL", arguments->model, "a model directory, or the name of an installed model")->required();
  add_json(*command, arguments->json);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
