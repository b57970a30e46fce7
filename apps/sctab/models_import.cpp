#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/model/import_checkpoint.hpp"

namespace sctab::cli {
namespace {

struct ModelImportArguments {
  model::ImportOptions options;
  bool json = false;
};

void import_model(ModelImportArguments& arguments) {
  const model::ImportResult result = model::import_checkpoint(arguments.options);
  if (arguments.json) return print_json(to_json(result));
  fmt::print("{}, {} genes, {} cell types\n", model::name(result.architecture.kind),
             core::format_count(result.architecture.n_genes), core::format_count(result.architecture.n_types));
  fmt::print("{}model: {}\n", ontology::to_text(result.labels), result.model.string());
}

}  // namespace

void add_models_import(CLI::App& models) {
  CLI::App* command = models.add_subcommand(
      "import",
      "Make a model directory from a checkpoint that scTab's authors published (tabnet, mlp or linear). Reads its "
      "tensors and executes nothing in it. Labels get Cell Ontology ids by name, then by synonym, then by the "
      "replacement of an obsolete term; labels without an id are listed.");
  ModelImportArguments& arguments = add_arguments(*command, import_model);
  model::ImportOptions& options = arguments.options;
  command->add_option("CHECKPOINT", options.checkpoint, "the .ckpt file")->required();
  add_value(*command, "--hparams", options.hparams, "FILE", "the hparams.yaml published with it")->required();
  add_value(*command, "--genes", options.genes, "FILE",
            "the genes, csv or Parquet (the published var): Ensembl ids in the order of the network's inputs")
      ->required();
  add_value(*command, "--labels", options.labels, "FILE",
            "the labels, csv or Parquet (the published categorical_lookup/cell_type): a column label in the order of "
            "the network's outputs")
      ->required();
  add_value(*command, "--ontology", options.ontology, "FILE",
            "the Cell Ontology, cl.obo or cl.json; not needed if the labels have a column cell_type_ontology_term_id. "
            "Default: $SCTAB_ONTOLOGY")
      ->envname("SCTAB_ONTOLOGY");
  add_output(*command, options.output, "MODEL", "the model directory");
  add_overwrite(*command, options.overwrite, "model");
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
