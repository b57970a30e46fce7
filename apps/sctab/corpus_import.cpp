#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/corpus/import_store.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::cli {
namespace {

using core::format_count;

struct StoreImportArguments {
  corpus::StoreImportOptions options;
  bool json = false;
};

const std::string& label_of(const corpus::StoreImportResult& result, std::size_t code) {
  return result.labels[code].label;
}

void print_completeness(const corpus::StoreImportResult& result) {
  const std::vector<std::string> splits = result.splits_without_metadata();
  if (splits.empty()) return fmt::print("parts: all present, as _metadata lists them\n");
  fmt::print("parts: no _metadata in {}: whether the last parts are missing could not be checked\n",
             fmt::join(splits, ", "));
}

void print_hierarchy(const corpus::StoreImportResult& result) {
  if (!result.hierarchy) return fmt::print("hierarchy: no cell_type_hierarchy/child_matrix.npy to compare with\n");
  fmt::print("hierarchy: child_matrix.npy and {} differ on {} pairs of labels\n", result.ontology_version,
             format_count(std::ssize(*result.hierarchy)));
  for (const auto& [parent, child, published] : *result.hierarchy) {
    fmt::print("  \"{}\" is a subtype of \"{}\" in {} only\n", label_of(result, child), label_of(result, parent),
               published ? "child_matrix.npy" : "the ontology");
  }
}

void print_weights(const corpus::StoreImportResult& result) {
  if (!result.weights) return fmt::print("class weights: no class_weights.npy to compare with\n");
  if (!result.weights->not_compared.empty()) {
    return fmt::print("class weights: not compared: {}\n", result.weights->not_compared);
  }
  fmt::print(
      "class weights: class_weights.npy is within {:.2g} of the weights computed from the training cells (\"{}\")\n",
      result.weights->largest_difference, label_of(result, result.weights->at));
}

void print_result(const corpus::StoreImportResult& result, const StoreImportArguments& arguments) {
  print_completeness(result);
  fmt::print("{}", ontology::to_text(result.labels));
  print_hierarchy(result);
  print_weights(result);
  if (result.n_vectors) {
    fmt::print("augmentation vectors: {}, for `sctab train --augment {}`\n", format_count(*result.n_vectors),
               (arguments.options.output / store::kVectorsFile).string());
  } else {
    fmt::print("augmentation vectors: no augmentations.npy, none made\n");
  }
  core::TextTable table({{"split"}, {"cells", core::TextTable::Align::kRight}});
  core::CellIndex n_cells = 0;
  for (const store::Split split : store::kSplits) {
    const core::CellIndex cells = result.n_cells[static_cast<std::size_t>(split)];
    table.add_row({std::string(store::name(split)), format_count(cells)});
    n_cells += cells;
  }
  fmt::print("{}", table.text());
  if (result.n_shards_kept > 0) {
    fmt::print("{} shards were finished before, {} in this run\n", result.n_shards_kept, result.n_shards_written);
  }
  fmt::print("store: {} ({} genes; {}, {:.0f} bytes per cell; peak memory {})\n", arguments.options.output.string(),
             format_count(result.n_genes), core::format_bytes(static_cast<double>(result.bytes)),
             static_cast<double>(result.bytes) / static_cast<double>(std::max<core::CellIndex>(n_cells, 1)),
             peak_memory());
}

void import_parquet_store(StoreImportArguments& arguments) {
  const corpus::StoreImportResult result = corpus::import_store(arguments.options);
  if (arguments.json) {
    nlohmann::json json = to_json(result);
    json["peak_memory_bytes"] = core::peak_memory_bytes();
    return print_json(json);
  }
  print_result(result, arguments);
}

}  // namespace

void add_corpus_import(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand("import",
                                            "Make a store from the Parquet store that scTab's authors published. Keeps "
                                            "its splits, its order of cells and genes and its log-normalised values.");
  StoreImportArguments& arguments = add_arguments(*command, import_parquet_store);
  corpus::StoreImportOptions& options = arguments.options;
  command->add_option("MERLIN_DIR", options.source, "the folder with var.parquet, categorical_lookup, train, val, test")
      ->required();
  add_output(*command, options.output, "STORE", "the store, a folder");
  add_value(*command, "--ontology", options.ontology, "FILE",
            "the Cell Ontology, cl.obo or cl.json: gives labels their ids and is compared with child_matrix.npy. "
            "Default: $SCTAB_ONTOLOGY")
      ->envname("SCTAB_ONTOLOGY")
      ->required();
  add_value(*command, "--labels", options.labels, "FILE",
            "ids for labels that the ontology does not know: csv or Parquet with the columns label, in the order of "
            "the codes, and cell_type_ontology_term_id");
  command->add_flag("--resume", options.resume,
                    "continue an interrupted import from the finished shards in STORE.import");
  add_overwrite(*command, options.overwrite, "store");
  add_threads(*command, options.threads);
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
