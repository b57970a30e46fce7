#include "sctab/annotate/annotate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/core/numbers.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

constexpr std::size_t kTypesShown = 20, kLevelsShown = 10;

struct Arguments {
  std::filesystem::path file;
  std::string input = "counts";
  annotate::AnnotateOptions options;
  bool json = false, half = false;
};

void print_types(const annotate::AnnotateResult& result) {
  std::vector<std::pair<std::string, std::int64_t>> types(result.cells_per_type.begin(), result.cells_per_type.end());
  std::ranges::stable_sort(types, std::ranges::greater(), &std::pair<std::string, std::int64_t>::second);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [type, cells] : types) {
    if (rows.size() == kTypesShown) break;
    const double share = 100.0 * static_cast<double>(cells) / static_cast<double>(result.n_cells);
    rows.push_back({type, core::format_count(cells), fmt::format("{:.1f}%", share),
                    fmt::format("{:.3f}", result.median_uncertainty_per_type.at(type))});
  }
  print_table({"cell type", "cells", "share", "median uncertainty"}, rows);
  if (types.size() > kTypesShown) fmt::print("and {} more types; all are in the csv\n", types.size() - kTypesShown);
}

void print_covariate(const annotate::CovariateUse& covariate, std::int64_t n_cells) {
  fmt::print("{}: {}; {} of {} cells have none that the model knows\n", covariate.column, covariate.source,
             core::format_count(covariate.n_without), core::format_count(n_cells));
  std::size_t n_shown = 0;
  for (const auto& [value, cells] : covariate.unknown_values) {
    if (n_shown++ == kLevelsShown) return fmt::print("  and {} more\n", covariate.unknown_values.size() - kLevelsShown);
    fmt::print("  \"{}\" of {} cells is no {} of the model's\n", value, core::format_count(cells), covariate.column);
  }
}

void print_result(const annotate::AnnotateResult& result) {
  print_types(result);
  fmt::print("\ngenes: {} of the model's {} found", core::format_count(result.genes_found),
             core::format_count(result.genes_of_model));
  if (result.genes_repeated > 0) {
    fmt::print("; {} columns name a gene again and were summed", core::format_count(result.genes_repeated));
  }
  fmt::print("\ncounts: {}\n", result.counts_source);
  if (result.covariate) print_covariate(*result.covariate, result.n_cells);
  if (result.n_unknown > 0) {
    fmt::print("{} cells have no counts in the model's genes and are \"{}\"\n", core::format_count(result.n_unknown),
               annotate::kUnknown);
  }
  if (const auto& cost = result.half_precision_cost) {
    fmt::print(
        "half precision: {} of the first {} cells have the label of full precision; probabilities differ by {:.2g} at "
        "most\n",
        core::format_count(cost->n_same_label), core::format_count(cost->n_cells),
        cost->largest_probability_difference);
  }
  fmt::print("{} cells in {:.1f} s ({} cells/s), peak memory {}\n", core::format_count(result.n_cells), result.seconds,
             core::format_count(static_cast<std::int64_t>(static_cast<double>(result.n_cells) / result.seconds)),
             core::format_bytes(static_cast<double>(core::peak_memory_bytes())));
  fmt::print("h5ad: {}\ncsv: {}\n", result.output.string(), result.csv.string());
}

nlohmann::json to_json(const annotate::AnnotateResult& result) {
  nlohmann::json cost;  // null at full precision
  if (const auto& found = result.half_precision_cost) {
    cost = {{"cells", found->n_cells},
            {"cells_with_same_label", found->n_same_label},
            {"largest_probability_difference", found->largest_probability_difference}};
  }
  nlohmann::json covariate;  // null for a model without
  if (const auto& found = result.covariate) {
    covariate = {{"column", found->column},
                 {"source", found->source},
                 {"cells_without_level", found->n_without},
                 {"unknown_values", found->unknown_values}};
  }
  return {{"h5ad", result.output.string()},
          {"csv", result.csv.string()},
          {"cells", result.n_cells},
          {"cells_unknown", result.n_unknown},
          {"cells_per_type", result.cells_per_type},
          {"median_uncertainty_per_type", result.median_uncertainty_per_type},
          {"genes_found", result.genes_found},
          {"genes_of_model", result.genes_of_model},
          {"genes_repeated", result.genes_repeated},
          {"counts_source", result.counts_source},
          {"covariate", covariate},
          {"half_precision_cost", cost},
          {"seconds", result.seconds},
          {"peak_memory_bytes", core::peak_memory_bytes()}};
}

void run(Arguments& arguments) {
  if (arguments.half) arguments.options.precision = kernels::Precision::kHalf;
  arguments.options.input = arguments.input == "counts" ? h5ad::InputKind::kCounts : h5ad::InputKind::kLogNormalised;
  const annotate::AnnotateResult result = annotate::annotate_file(arguments.file, arguments.options);
  if (arguments.json) return print_json(to_json(result));
  print_result(result);
}

}  // namespace

void add_annotate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "annotate",
      "Label the cells of an h5ad file. Writes a copy of the file, all that it holds as it was, with obs "
      "sctab_cell_type, sctab_cell_type_ontology_term_id, sctab_probability and sctab_uncertainty (1 - probability), "
      "obsm "
      "X_sctab (the embedding) and uns sctab (model, genes found, where the counts came from); and a csv of the same "
      "labels. Cells without counts in the model's genes become \"unknown\" with probability 0.");
  auto arguments = std::make_shared<Arguments>();
  annotate::AnnotateOptions& options = arguments->options;
  command->add_option("FILE", arguments->file, "h5ad with human cells, labelled or not, genes in any order")
      ->required();
  command->add_option("-m,--model", options.model, "a model directory made by `sctab train`")
      ->type_name("MODEL")
      ->required();
  command
      ->add_option("-o,--output", options.output,
                   "the annotated copy. Default: FILE with .sctab.h5ad for .h5ad, beside it")
      ->type_name("FILE");
  command->add_option("--csv", options.csv, "the labels as a table. Default: the output with .csv for .h5ad")
      ->type_name("FILE");
  command
      ->add_option("--input", arguments->input,
                   "counts: raw counts are found and normalised as in training. log-normalised: the values of X (or "
                   "of --counts) are log1p of counts scaled to 10,000 a cell already, and are taken as they are")
      ->check(CLI::IsMember({"counts", "log-normalised"}))
      ->type_name("counts|log-normalised")
      ->capture_default_str();
  command
      ->add_option("--counts", options.counts,
                   "where the counts stand: X, raw/X or layers/NAME. Default: the first that holds integers")
      ->type_name("MATRIX");
  command
      ->add_option("--min-genes-found", options.min_genes_found,
                   "share of the model's genes that the file must have, 0 to 1")
      ->type_name("SHARE")
      ->capture_default_str();
  command
      ->add_option("--batch-size", options.batch_size,
                   "cells at once; memory grows with it, results change by rounding alone")
      ->check(at_least(1))
      ->type_name("CELLS")
      ->capture_default_str();
  command
      ->add_option("--covariate", options.covariate.given,
                   "the level of a covariate that all cells of the file have: tissue=lung. Default: of each cell what "
                   "obs says; cells of no known level are annotated by their genes alone")
      ->check(not_empty())
      ->type_name("COLUMN=LEVEL");
  command->add_flag("--without-covariate", options.covariate.without,
                    "annotate all cells by their genes alone, whatever obs says of the model's covariate");
  command->add_flag("--half", arguments->half,
                    "compute with the genes' weights at half precision: half the memory traffic; what it changes is "
                    "measured on the first cells and said");
  add_threads(*command, options.threads);
  add_device(*command, options.device);
  add_dense(*command, options.dense);
  add_json(*command, arguments->json);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
