#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/model/import_checkpoint.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
  model::ImportOptions options;
  bool json = false;
};

void run(const Arguments& arguments) {
  const model::ImportResult result = model::import_checkpoint(arguments.options);
  if (arguments.json) return print_json(to_json(result));
  fmt::print("{}, {} genes, {} cell types\n", model::name(result.architecture.kind),
             core::format_count(result.architecture.n_genes), core::format_count(result.architecture.n_types));
  fmt::print("{}model: {}\n", ontology::to_text(result.labels), result.model.string());
}

}  // namespace

void add_models_import(CLI::App& models) {
  CLI::App* command = models.add_subcommand("import",
                                            "Make a model directory from a checkpoint that scTab's authors published "
                                            "(tabnet, mlp or linear). Reads its tensors "
                                            "and executes nothing in it. Labels get Cell Ontology ids by name, then by "
                                            "synonym, then by the replacement of an "
                                            "obsolete term; labels without an id are listed.");
  auto arguments = std::make_shared<Arguments>();
  model::ImportOptions& options = arguments->options;
  command->add_option("CHECKPOINT", options.checkpoint, "the .ckpt file")->required();
  command->add_option("--hparams", options.hparams, "the hparams.yaml published with it")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--genes", options.genes,
                   "the genes, csv or Parquet (the published var): Ensembl ids in the order of the network's inputs")
      ->type_name("FILE")
      ->required();
  command
      ->add_option(
          "--labels", options.labels,
          "the labels, csv or Parquet (the published categorical_lookup/cell_type): a column label in the order of the "
          "network's outputs")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--ontology", options.ontology,
                   "the Cell Ontology, cl.obo or cl.json; not needed if the labels have a column "
                   "cell_type_ontology_term_id. Default: $SCTAB_ONTOLOGY")
      ->envname("SCTAB_ONTOLOGY")
      ->type_name("FILE");
  command->add_option("-o,--output", options.output, "the model directory")->type_name("MODEL")->required();
  add_json(*command, arguments->json);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
