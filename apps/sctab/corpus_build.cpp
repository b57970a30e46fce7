#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/read_sources.hpp"

namespace sctab::cli {
namespace {

struct BuildArguments {
  std::vector<std::filesystem::path> sources;
  std::filesystem::path store;
  corpus::BuildOptions options;
  bool any_assay = false, any_cell_class = false, include_non_primary = false, free_split = false;
  bool json = false;
};

void add_curation(CLI::App& command, BuildArguments& arguments) {
  corpus::CurationOptions& curation = arguments.options.curation;
  const Heading heading(command, "Curation (defaults: the paper's)");
  const auto threshold = [&command](const char* name, std::int64_t& value, const char* text) {
    add_number(command, name, value, text)->check(at_least(0));
  };
  add_switch(command, "--assume-primary", curation.assume_primary,
             "take all cells of a source without the column is_primary_data as primary");
  add_switch(command, "--include-non-primary", arguments.include_non_primary,
             "keep cells that is_primary_data marks as copies from other datasets; the paper drops them");
  add_switch(command, "--any-assay", arguments.any_assay, "keep every assay; the paper keeps seven 10x assays");
  add_switch(command, "--any-cell-class", arguments.any_cell_class,
             "keep labels that are not below native cell, CL:0000003; the paper drops them");
  threshold("--min-cells", curation.min_cells, "cells that a type must have; 0: any");
  threshold("--min-donors", curation.min_donors, "donors that a type must have; 0: any");
  threshold("--min-ancestors", curation.min_ancestors,
            "ancestors that a type must have in the Cell Ontology, which drops types as broad as \"cell\"; 0: any");
  add_switch(command, "--strict-thresholds", curation.strict_thresholds,
             "also drop a type with exactly --min-donors donors or --min-ancestors ancestors, as the published code "
             "does; the paper's text keeps it");
}

void add_split(CLI::App& command, BuildArguments& arguments) {
  corpus::SplitOptions& split = arguments.options.split;
  const Heading heading(command, "Split by donor (defaults: the paper's)");
  add_value(command, "--val-fraction", split.val_fraction, "SHARE", "share of donors for validation")
      ->check(share())
      ->capture_default_str();
  add_value(command, "--test-fraction", split.test_fraction, "SHARE", "share of donors for the test")
      ->check(share())
      ->capture_default_str();
  add_switch(command, "--free-split", arguments.free_split,
             "draw donors freely, as the paper does. Otherwise a donor who is the only one with some type goes to "
             "train, which small corpora need: the type could not be learnt otherwise");
}

void add_columns(CLI::App& command, corpus::BuildOptions& options) {
  const Heading heading(command, "What the files hold");
  add_value(command, "--genes", options.genes, "FILE",
            "the genes of the store: csv or tsv with Ensembl ids (versions are ignored) and symbols where known; the "
            "paper has 19,331 protein-coding genes. Default: all Ensembl ids of the sources");
  add_value(command, "--symbols", options.symbols, "FILE",
            "csv or tsv with Ensembl ids and symbols, for sources that name genes by symbol");
  add_value(
      command, "--ontology", options.ontology, "FILE",
      "the Cell Ontology, obo or json. Default: $SCTAB_ONTOLOGY, or ontology.obo or cl.obo next to the first source");
  add_value(
      command, "--counts", options.counts, "MATRIX",
      "the matrix with raw counts in every source: X, raw/X or layers/NAME. Default: the first that holds integers");
  add_value(
      command, "--obs", options.obs, "FILE",
      "csv or tsv with labels for the cells of all sources: a line of titles, then a line a cell, its name first. "
      "The columns come before those of the same name in the sources");
  add_value(command, "--cell-type-key", options.cell_type_key, "COLUMN", "obs column with Cell Ontology ids")
      ->capture_default_str();
  add_value(command, "--donor-key", options.donor_key, "COLUMN[,...]",
            "obs column or columns that identify a donor within a dataset; cells without a donor go to train only")
      ->capture_default_str();
  add_value(command, "--dataset-key", options.dataset_key, "COLUMN",
            "obs column that names the dataset. Default: dataset_id or study if present, else the name of the file");
  add_open_options(command, options.open);
}

void print_result(const corpus::BuildResult& result, const BuildArguments& arguments) {
  constexpr auto kRight = core::TextTable::Align::kRight;
  core::TextTable table({{"removed by"}, {"cells", kRight}, {"donors", kRight}, {"types", kRight}});
  const auto add = [&table](const std::string& rule, std::int64_t cells, std::int64_t donors, std::int64_t types) {
    table.add_row({rule, core::format_count(cells), core::format_count(donors), core::format_count(types)});
  };
  for (const corpus::RuleEffect& effect : result.effects) add(effect.rule, effect.cells, effect.donors, effect.types);
  add("kept", result.n_cells, result.n_donors, result.n_types);
  fmt::print("{}", table.text());
  for (const corpus::SkippedSource& source : result.skipped) fmt::print("skipped: {}\n", source.reason());
  if (result.cells_without_donor > 0) {
    fmt::print("{} without a donor went to train only\n", core::plural(result.cells_without_donor, "cell"));
  }
  fmt::print("store: {} ({}, {:.0f} bytes per cell)\n", arguments.store.string(),
             core::format_bytes(static_cast<double>(result.bytes)),
             static_cast<double>(result.bytes) / static_cast<double>(std::max<std::int64_t>(result.n_cells, 1)));
}

/// Adds to the error of a bad source among others that the rest can be built.
corpus::BuildResult build(const BuildArguments& arguments) try {
  return corpus::build(arguments.sources, arguments.store, arguments.options);
} catch (const corpus::BadSources& error) {
  if (arguments.sources.size() == 1) throw;
  throw core::InputError(
      corpus::with_next_step(error.problem(), "add --keep-going to build the store from the other sources"));
}

void build_corpus(BuildArguments& arguments) {
  corpus::CurationOptions& curation = arguments.options.curation;
  curation.primary_only = !arguments.include_non_primary;
  curation.tenx_only = !arguments.any_assay;
  curation.below_native_cell = !arguments.any_cell_class;
  arguments.options.split.keep_types_in_train = !arguments.free_split;
  const corpus::BuildResult result = build(arguments);
  if (!arguments.json) return print_result(result, arguments);
  nlohmann::json json = to_json(result);
  json["store"] = arguments.store.string();
  print_json(json);
}

}  // namespace

void add_corpus_build(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand(
      "build",
      "Build a training store from annotated cells. Applies the paper's curation, splits by donor so that the "
      "test is on people whom the model has not seen, and writes shards of raw counts in random order, each of them an "
      "ordinary h5ad file. Reports what each rule removed, and keeps that in store.json.");
  BuildArguments& arguments = add_arguments(*command, build_corpus);
  command
      ->add_option("SOURCE", arguments.sources,
                   "Files of any format with raw counts and Cell Ontology ids (docs/files.md)")
      ->required();
  add_output(*command, arguments.store, "STORE", "the store, a folder");
  add_curation(*command, arguments);
  add_split(*command, arguments);
  add_columns(*command, arguments.options);
  command->add_flag("--resume", arguments.options.resume,
                    "continue an interrupted build, kept in STORE.build; the store is byte for byte that of an "
                    "uninterrupted build");
  add_overwrite(*command, arguments.options.overwrite, "store");
  command->add_flag("--keep-going", arguments.options.keep_going,
                    "leave out sources that cannot be read or used, report each, and build the store from the others");
  add_seed(*command, arguments.options.split.seed, "the split of donors and the order of cells");
  add_memory(*command, arguments.options.memory_bytes, corpus::kLeastMemory);
  add_threads(*command, arguments.options.threads);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
