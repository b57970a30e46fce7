#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/model/find_model.hpp"
#include "sctab/model/model_directory.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

nlohmann::json row(const model::InstalledModel& model) {
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

void run(bool json) {
  nlohmann::json rows = nlohmann::json::array();
  for (const model::InstalledModel& model : model::installed_models()) rows.push_back(row(model));
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

}  // namespace

void add_models_list(CLI::App& models) {
  CLI::App* command = models.add_subcommand(
      "list",
      "List the installed models. They are the model directories in $SCTAB_MODELS, ~/.local/share/sctab/models and "
      "share/sctab/models of the installation; `-m NAME` finds them.");
  auto json = std::make_shared<bool>(false);
  add_json(*command, *json);
  command->callback([json] { run(*json); });
}

}  // namespace sctab::cli
