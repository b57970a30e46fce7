#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/published/import_checkpoint.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
  published::ImportOptions options;
  bool json = false;
};

nlohmann::json to_json(const published::ImportResult& result, const std::filesystem::path& model) {
  nlohmann::json labels = nlohmann::json::array();
  for (const published::JoinedLabel& label : result.labels) {
    labels.push_back({{"label", label.label},
                      {"cell_type_ontology_term_id", label.id},
                      {"current_name", label.current_name},
                      {"joined_by", published::name(label.how)},
                      {"reason", label.reason}});
  }
  return {{"model", model.string()},
          {"architecture", nn::to_json(result.architecture)},
          {"ontology", result.ontology_version},
          {"labels", labels}};
}

void print_labels(const std::vector<published::JoinedLabel>& labels) {
  std::map<published::JoinedBy, std::int64_t> counts;
  for (const published::JoinedLabel& label : labels) ++counts[label.how];
  for (const auto& [how, n] : counts) {
    const bool joined = how != published::JoinedBy::kNothing;
    fmt::print("{} of {} labels joined {}\n", n, labels.size(),
               joined ? fmt::format("by {}", published::name(how)) : "no term");
  }
  for (const published::JoinedLabel& label : labels) {
    if (label.how == published::JoinedBy::kNothing) {
      fmt::print("  \"{}\" has no Cell Ontology id: {}\n", label.label, label.reason);
    } else if (label.current_name != label.label && !label.current_name.empty()) {
      fmt::print("  \"{}\" is now {} \"{}\", by {}\n", label.label, label.id, label.current_name,
                 published::name(label.how));
    }
  }
}

void run(const Arguments& arguments) {
  const published::ImportResult result = published::import_checkpoint(arguments.options);
  if (arguments.json) return print_json(to_json(result, arguments.options.output));
  fmt::print("{}, {} genes, {} cell types\n", nn::name(result.architecture.kind),
             core::format_count(result.architecture.n_genes), core::format_count(result.architecture.n_types));
  print_labels(result.labels);
  fmt::print("model: {}\n", arguments.options.output.string());
}

}  // namespace

void add_models_import(CLI::App& models) {
  CLI::App* command = models.add_subcommand(
      "import",
      "Make a model directory of a checkpoint that scTab's authors published (tabnet, mlp or linear). Its tensors are "
      "read and nothing of it is executed. Labels get Cell Ontology ids by name, then synonym, then the replacement of "
      "an obsolete term; what gets none is listed and stays without.");
  auto arguments = std::make_shared<Arguments>();
  published::ImportOptions& options = arguments->options;
  command->add_option("CHECKPOINT", options.checkpoint, "the .ckpt file")->required();
  command->add_option("--hparams", options.hparams, "the hparams.yaml published with it")
      ->type_name("FILE")
      ->required();
  command->add_option("--genes", options.genes, "var as csv: Ensembl ids in the order of the network's inputs")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--labels", options.labels,
                   "categorical_lookup/cell_type as csv: a column label, in the order of the network's outputs")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--ontology", options.ontology,
                   "the Cell Ontology, cl.obo or cl.json; not needed where the labels have a column "
                   "cell_type_ontology_term_id")
      ->type_name("FILE");
  command->add_option("-o,--output", options.output, "the model directory")->type_name("MODEL")->required();
  add_json(*command, arguments->json);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
