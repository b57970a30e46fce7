#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/read_sources.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
  std::vector<std::filesystem::path> sources;
  std::filesystem::path store;
  std::string preset = "paper";
  corpus::BuildOptions options;
  bool json = false;
};

void add_curation(CLI::App& command, Arguments& arguments) {
  corpus::CurationOptions& curation = arguments.options.curation;
  const auto switch_off = [&command](const char* name, bool& rule, const char* text) {
    command
        .add_flag_callback(
            name, [&rule] { rule = false; }, text)
        ->group("Curation");
  };
  const auto threshold = [&command](const char* name, std::int64_t& value, const char* text) {
    command.add_option(name, value, text)->check(at_least(0))->type_name("N")->capture_default_str()->group("Curation");
  };
  command
      .add_option("--preset", arguments.preset,
                  "paper: a type with exactly --min-donors donors or --min-ancestors ancestors is kept, as the paper's "
                  "text says (at least 30, at least 7). published: it is dropped, as the published code in fact does")
      ->check(CLI::IsMember({"paper", "published"}))
      ->type_name("paper|published")
      ->capture_default_str()
      ->group("Curation");
  command
      .add_flag("--assume-primary", curation.assume_primary,
                "take all cells of a source without the column is_primary_data as primary")
      ->group("Curation");
  switch_off("--include-non-primary", curation.primary_only,
             "keep cells that is_primary_data says are copies of other datasets' cells; the paper drops them");
  switch_off("--any-assay", curation.tenx_only, "keep every assay; the paper keeps seven 10x assays");
  switch_off("--any-cell-class", curation.below_native_cell,
             "keep labels that are not below native cell, CL:0000003; the paper drops them");
  threshold("--min-cells", curation.min_cells, "cells that a type must have; 0: any; the paper's 5000");
  threshold("--min-donors", curation.min_donors, "donors that a type must have; 0: any; the paper's 30");
  threshold("--min-ancestors", curation.min_ancestors,
            "ancestors that a type must have in the Cell Ontology, so that \"cell\" and its like go; 0: any; "
            "the paper's 7");
}

void add_split(CLI::App& command, corpus::SplitOptions& split) {
  command.add_option("--val-fraction", split.val_fraction, "share of donors for validation; the paper's 0.15")
      ->type_name("SHARE")
      ->capture_default_str()
      ->group("Split by donor");
  command.add_option("--test-fraction", split.test_fraction, "share of donors for the test; the paper's 0.15")
      ->type_name("SHARE")
      ->capture_default_str()
      ->group("Split by donor");
  command
      .add_flag_callback(
          "--free-split", [&split] { split.keep_types_in_train = false; },
          "draw donors freely, as the paper does. Without it donors who alone carry a type go to train, which small "
          "corpora need: the type could not be learnt otherwise")
      ->group("Split by donor");
}

void add_columns(CLI::App& command, corpus::BuildOptions& options) {
  const auto text = [&command](const char* name, std::string& value, const char* type, const char* description) {
    command.add_option(name, value, description)->type_name(type)->capture_default_str()->group("What the files hold");
  };
  const auto file = [&command](const char* name, std::filesystem::path& value, const char* description) {
    command.add_option(name, value, description)->type_name("FILE")->group("What the files hold");
  };
  file("--genes", options.genes,
       "the gene space: csv or tsv of Ensembl ids, versions ignored, a symbol beside each if known; the paper's has "
       "19,331 protein-coding genes. Default: all Ensembl ids of the sources");
  file("--symbols", options.symbols, "csv or tsv of Ensembl id and symbol, for sources that name genes by symbol");
  file("--ontology", options.ontology,
       "Cell Ontology, obo or json. Default: $SCTAB_ONTOLOGY, or ontology.obo or cl.obo beside the first source");
  text("--counts", options.counts, "MATRIX",
       "where raw counts stand in every source: X, raw/X or layers/NAME. Default: the first that holds integers");
  text("--cell-type-key", options.cell_type_key, "COLUMN", "obs column of Cell Ontology ids");
  text("--donor-key", options.donor_key, "COLUMN[,...]",
       "obs column or columns that name a donor within a dataset; cells without a donor go to train only");
  text("--dataset-key", options.dataset_key, "COLUMN",
       "obs column that names the dataset. Default: dataset_id or study where there, else the file's name");
}

void print_result(const corpus::BuildResult& result, const Arguments& arguments) {
  std::vector<std::vector<std::string>> rows;
  for (const corpus::RuleEffect& effect : result.effects) {
    rows.push_back({effect.rule, core::format_count(effect.cells), core::format_count(effect.donors),
                    core::format_count(effect.types)});
  }
  rows.push_back({"kept", core::format_count(result.n_cells), core::format_count(result.n_donors),
                  core::format_count(result.n_types)});
  print_table({"removed by", "cells", "donors", "types"}, rows);
  for (const corpus::SkippedSource& source : result.skipped) fmt::print("skipped: {}\n", source.reason());
  if (result.cells_without_donor > 0) {
    fmt::print("{} cells without a donor went to train only\n", core::format_count(result.cells_without_donor));
  }
  fmt::print("store: {} ({}, {:.0f} bytes a cell)\n", arguments.store.string(),
             core::format_bytes(static_cast<double>(result.bytes)),
             static_cast<double>(result.bytes) / static_cast<double>(std::max<std::int64_t>(result.n_cells, 1)));
}

nlohmann::json to_json(const corpus::BuildResult& result, const Arguments& arguments) {
  nlohmann::json effects = nlohmann::json::array();
  for (const corpus::RuleEffect& effect : result.effects) {
    effects.push_back(
        {{"rule", effect.rule}, {"cells", effect.cells}, {"donors", effect.donors}, {"types", effect.types}});
  }
  nlohmann::json skipped = nlohmann::json::array();
  for (const corpus::SkippedSource& source : result.skipped) {
    skipped.push_back({{"path", source.path.string()}, {"reason", source.reason()}});
  }
  return {{"store", arguments.store.string()},
          {"removed", effects},
          {"skipped", skipped},
          {"cells", result.n_cells},
          {"donors", result.n_donors},
          {"types", result.n_types},
          {"cells_without_donor", result.cells_without_donor},
          {"bytes", result.bytes},
          {"peak_memory_bytes", core::peak_memory_bytes()}};
}

/// With a bad source among others, tells the user how to build the store of the rest.
corpus::BuildResult build(const Arguments& arguments) try {
  return corpus::build(arguments.sources, arguments.store, arguments.options);
} catch (const corpus::BadSources& error) {
  if (arguments.sources.size() == 1) throw;
  throw core::InputError(
      corpus::with_next_step(error.problem(), "build the store of the other sources with --keep-going"));
}

void run(Arguments& arguments) {
  arguments.options.curation.strict_thresholds = arguments.preset == "published";
  const corpus::BuildResult result = build(arguments);
  if (arguments.json) return print_json(to_json(result, arguments));
  print_result(result, arguments);
}

}  // namespace

void add_corpus_build(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand(
      "build",
      "Build a training store from annotated h5ad files. Applies the paper's curation, splits by donor so that the "
      "test is on people never seen, and writes shards of raw counts in random order, each an ordinary h5ad file. "
      "Each rule's effect is shown and kept in store.json.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("SOURCE", arguments->sources, "h5ad files with raw counts and Cell Ontology ids")->required();
  command->add_option("-o,--output", arguments->store, "the store, a folder; an earlier store there is replaced")
      ->type_name("STORE")
      ->required();
  add_curation(*command, *arguments);
  add_split(*command, arguments->options.split);
  add_columns(*command, arguments->options);
  command->add_flag("--resume", arguments->options.resume,
                    "go on with the build that was interrupted; it lies in STORE.build. The store is the same to the "
                    "byte as that of a build without interruption");
  command->add_flag("--keep-going", arguments->options.keep_going,
                    "leave out sources that cannot be read or used, name each, and build the store of the others");
  add_seed(*command, arguments->options.split.seed, "the split of donors and the order of cells");
  add_memory(*command, arguments->options.memory_bytes);
  add_threads(*command, arguments->options.threads);
  add_json(*command, arguments->json);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
