#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "joined_labels.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/published/import_store.hpp"

namespace sctab::cli {
namespace {

using core::format_count;

struct Arguments {
  published::StoreImportOptions options;
  bool json = false;
};

const std::string& label_of(const published::StoreImportResult& result, std::size_t code) {
  return result.labels[code].label;
}

/// The splits for which nothing says how many cells they should have.
std::vector<std::string> splits_without_metadata(const published::StoreImportResult& result) {
  std::vector<std::string> splits;
  for (const store::Split split : store::kSplits) {
    if (!result.complete[static_cast<std::size_t>(split)]) splits.emplace_back(store::name(split));
  }
  return splits;
}

nlohmann::json to_json(const published::StoreImportResult& result, const std::filesystem::path& store) {
  nlohmann::json json = {{"store", store.string()},
                         {"genes", result.n_genes},
                         {"bytes", result.bytes},
                         {"shards_written", result.n_shards_written},
                         {"shards_kept", result.n_shards_kept},
                         {"splits_without_metadata", splits_without_metadata(result)},
                         {"ontology", result.ontology_version},
                         {"labels", labels_json(result.labels)},
                         {"peak_memory_bytes", core::peak_memory_bytes()}};
  for (const store::Split split : store::kSplits) {
    json["cells"][std::string(store::name(split))] = result.n_cells[static_cast<std::size_t>(split)];
  }
  if (result.hierarchy) {
    json["hierarchy_differences"] = nlohmann::json::array();
    for (const auto& [parent, child, published] : *result.hierarchy) {
      json["hierarchy_differences"].push_back({{"parent", label_of(result, parent)},
                                               {"child", label_of(result, child)},
                                               {"is_subtype_in", published ? "child_matrix" : "ontology"}});
    }
  }
  if (result.weights) {
    json["class_weights"] = result.weights->not_compared.empty()
                                ? nlohmann::json{{"largest_difference", result.weights->largest_difference},
                                                 {"label", label_of(result, result.weights->at)}}
                                : nlohmann::json{{"not_compared", result.weights->not_compared}};
  }
  if (result.n_vectors) json["vectors"] = *result.n_vectors;
  return json;
}

void print_completeness(const published::StoreImportResult& result) {
  const std::vector<std::string> splits = splits_without_metadata(result);
  if (splits.empty()) return fmt::print("parts: all present, as _metadata lists them\n");
  fmt::print("parts: no _metadata in {}: whether the last parts are missing could not be checked\n",
             fmt::join(splits, ", "));
}

void print_hierarchy(const published::StoreImportResult& result) {
  if (!result.hierarchy) return fmt::print("hierarchy: no cell_type_hierarchy/child_matrix.npy to compare with\n");
  fmt::print("hierarchy: child_matrix.npy and {} differ on {} pairs of labels\n", result.ontology_version,
             format_count(std::ssize(*result.hierarchy)));
  for (const auto& [parent, child, published] : *result.hierarchy) {
    fmt::print("  \"{}\" is a subtype of \"{}\" in {} only\n", label_of(result, child), label_of(result, parent),
               published ? "child_matrix.npy" : "the ontology");
  }
}

void print_weights(const published::StoreImportResult& result) {
  if (!result.weights) return fmt::print("class weights: no class_weights.npy to compare with\n");
  if (!result.weights->not_compared.empty()) {
    return fmt::print("class weights: not compared: {}\n", result.weights->not_compared);
  }
  fmt::print(
      "class weights: class_weights.npy is within {:.2g} of the weights computed from the training cells (\"{}\")\n",
      result.weights->largest_difference, label_of(result, result.weights->at));
}

void print_result(const published::StoreImportResult& result, const Arguments& arguments) {
  print_completeness(result);
  print_labels(result.labels);
  print_hierarchy(result);
  print_weights(result);
  if (result.n_vectors) {
    fmt::print("augmentation vectors: {}, for `sctab train --augment {}`\n", format_count(*result.n_vectors),
               (arguments.options.output / published::kVectorsFile).string());
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

void run(Arguments& arguments) {
  const published::StoreImportResult result = published::import_store(arguments.options);
  if (arguments.json) return print_json(to_json(result, arguments.options.output));
  print_result(result, arguments);
}

}  // namespace

void add_corpus_import(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand("import",
                                            "Make a store from the Parquet store that scTab's authors published. Keeps "
                                            "its splits, its order of cells and genes and its log-normalised values.");
  Arguments& arguments = add_arguments(*command, run);
  published::StoreImportOptions& options = arguments.options;
  command->add_option("MERLIN_DIR", options.source, "the folder with var.parquet, categorical_lookup, train, val, test")
      ->required();
  add_output(*command, options.output, "STORE", "the store, a folder; replaces an earlier store there");
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
  add_threads(*command, options.threads);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
