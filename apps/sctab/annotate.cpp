#include "sctab/annotate/annotate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/model/find_model.hpp"

namespace sctab::cli {
namespace {

namespace fs = std::filesystem;
using core::format_count;

constexpr std::size_t kTypesShown = 20, kLevelsShown = 10;

struct AnnotateArguments {
  std::vector<fs::path> files, outputs;
  fs::path model;
  annotate::AnnotateOptions options;
  bool json = false, half = false;
};

std::string types_text(const annotate::AnnotateResult& result) {
  std::vector<std::pair<std::string, std::int64_t>> types(result.cells_per_type.begin(), result.cells_per_type.end());
  std::ranges::stable_sort(types, std::ranges::greater(), &std::pair<std::string, std::int64_t>::second);
  constexpr auto kRight = core::TextTable::Align::kRight;
  core::TextTable table({{"cell type"}, {"cells", kRight}, {"share", kRight}, {"median uncertainty", kRight}});
  for (const auto& [type, cells] : std::span(types).first(std::min(types.size(), kTypesShown))) {
    const double share = 100.0 * static_cast<double>(cells) / static_cast<double>(result.n_cells);
    table.add_row({type, format_count(cells), fmt::format("{:.1f}%", share),
                   fmt::format("{:.3f}", result.median_uncertainty_per_type.at(type))});
  }
  if (types.size() <= kTypesShown) return table.text();
  return table.text() + fmt::format("and {} more types\n", types.size() - kTypesShown);
}

std::string covariate_text(const annotate::CovariateUse& covariate, std::int64_t n_cells) {
  std::string text = fmt::format("{}: {}; {} of {} cells have no value that the model knows\n", covariate.column,
                                 covariate.source, format_count(covariate.n_without), format_count(n_cells));
  std::size_t n_shown = 0;
  for (const auto& [value, cells] : covariate.unknown_values) {
    if (n_shown++ == kLevelsShown) {
      return text + fmt::format("  and {} more\n", covariate.unknown_values.size() - kLevelsShown);
    }
    text += fmt::format("  \"{}\", in {}, is not a {} of the model\n", value, core::plural(cells, "cell"),
                        covariate.column);
  }
  return text;
}

std::string result_text(const annotate::AnnotateResult& result) {
  std::string text = types_text(result);
  text += fmt::format("\ngenes: {} of the model's {} found", format_count(result.genes_found),
                      format_count(result.genes_of_model));
  if (result.genes_repeated > 0) {
    text += fmt::format("; {} that name a gene again were added to it", core::plural(result.genes_repeated, "column"));
  }
  text += fmt::format("\ncounts: {}\n", result.counts_source);
  if (result.covariate) text += covariate_text(*result.covariate, result.n_cells);
  if (result.n_unknown > 0) {
    text += fmt::format("unknown: {} without counts in the model's genes\n", core::plural(result.n_unknown, "cell"));
  }
  if (const auto& cost = result.half_precision_cost) {
    text += fmt::format(
        "half precision: {} of the first {} cells have the label of full precision; probabilities differ by at most "
        "{:.2g}\n",
        format_count(cost->n_same_label), format_count(cost->n_cells), cost->largest_probability_difference);
  }
  text += fmt::format(
      "{} in {:.1f} s ({} cells/s), peak memory {}\n", core::plural(result.n_cells, "cell"), result.seconds,
      format_count(static_cast<std::int64_t>(static_cast<double>(result.n_cells) / result.seconds)), peak_memory());
  for (const annotate::Output& output : result.outputs) {
    if (output.path != annotate::kStandardOutput) {
      text += fmt::format("{}: {}\n", annotate::name(output.format), output.path.string());
    }
  }
  return text;
}

/// Where the summary goes: with the csv on standard output, to standard error, unless --quiet.
void print_report(const annotate::FileReport& report, bool is_one_of_several) {
  if (report.error) return spdlog::error("{}", report.error->what());
  const auto to_standard_output = [](const annotate::Output& output) {
    return output.path == annotate::kStandardOutput;
  };
  std::string text = result_text(*report.result);
  if (std::ranges::any_of(report.result->outputs, to_standard_output)) {
    text.pop_back();  // the logger ends the line
    return spdlog::info("{}", text);
  }
  if (is_one_of_several) text = fmt::format("{}\n{}\n", report.file.string(), text);
  fmt::print("{}", text);
}

nlohmann::json reports_json(const std::vector<annotate::FileReport>& reports) {
  nlohmann::json files = nlohmann::json::array();
  for (const auto& [file, result, error] : reports) {
    files.push_back(result ? to_json(*result)
                           : nlohmann::json{{"file", file.string()}, {"error", std::string(error->what())}});
  }
  return {{"files", files}};
}

void annotate_several(const annotate::Annotator& annotator, const std::vector<annotate::Job>& jobs, bool json) {
  const auto on_file = [json](const annotate::FileReport& report) {
    if (report.error || !json) print_report(report, true);
  };
  const std::vector<annotate::FileReport> reports = annotator.annotate_all(jobs, on_file);
  if (json) print_json(reports_json(reports));
  std::vector<std::string> failed;
  for (const annotate::FileReport& report : reports) {
    if (report.error) failed.push_back(report.file.string());
  }
  if (failed.empty()) return;
  throw core::InputError(
      {.found = fmt::format("{} of {} files could not be annotated: {}", failed.size(), jobs.size(),
                            fmt::join(failed, ", ")),
       .next_step = failed.size() == jobs.size() ? "see above for why" : "see above for why; the others are done"});
}

void annotate_cells(AnnotateArguments& arguments) {
  if (arguments.half) arguments.options.precision = kernels::Precision::kHalf;
  const bool to_standard_output = std::ranges::count(arguments.outputs, annotate::kStandardOutput) > 0;
  if (arguments.json && to_standard_output) {
    throw core::InputError({.subject = "--json",
                            .found = "cannot be combined with -o -, because both print to standard output",
                            .next_step = "choose one"});
  }
  const std::vector<annotate::Job> jobs = annotate::plan_outputs(arguments.files, arguments.outputs);
  const annotate::Annotator annotator(model::find_model(arguments.model), arguments.options);
  const std::string& tissue = arguments.options.covariate.tissue;
  if (!tissue.empty() && !annotate::takes_tissue(annotator.model())) {
    spdlog::warn("warning: --tissue {} has no effect, because the model {} was trained without a tissue covariate",
                 tissue, annotator.model().name);
  }
  if (jobs.size() > 1) return annotate_several(annotator, jobs, arguments.json);
  const annotate::AnnotateResult result = annotator.annotate(jobs.front());
  if (arguments.json) return print_json(to_json(result));
  print_report({.file = result.file, .result = result, .error = {}}, false);
}

void add_input(CLI::App& command, annotate::AnnotateOptions& options) {
  const Heading heading(command, "What the files hold");
  add_choice<formats::InputKind>(
      command, "--input", options.input,
      {{"counts", formats::InputKind::kCounts}, {"log-normalised", formats::InputKind::kLogNormalised}},
      "counts: raw counts, normalised as in training. log-normalised: log1p of counts scaled to 10,000 per cell, used "
      "as they are");
  add_value(command, "--counts", options.matrix, "MATRIX",
            "the matrix with the counts, or with their logarithms for --input log-normalised: X, raw/X or layers/NAME. "
            "Default: the first that holds integers, or X");
  add_value(command, "--min-genes-found", options.min_genes_found, "SHARE",
            "refuse a file with a smaller share of the model's genes, 0 to 1")
      ->capture_default_str();
  add_value(command, "--tissue", options.covariate.tissue, "TISSUE",
            "the tissue of all cells, a name or a UBERON id, for models trained with --covariate tissue or "
            "tissue_general. Default: the tissue that obs gives for each cell");
  add_value(
      command, "--obs", options.covariate.obs, "COLUMN=VALUE",
      "label as if all cells had this value in obs, for models trained with another covariate: assay=\"10x 3' v3\"");
  add_open_options(command, options.open);
  command.add_flag("--no-covariate", options.covariate.without,
                   "label by the genes alone and ignore what obs says about the model's covariate");
}

annotate::AnnotateOptions& add_all(CLI::App& command) {
  AnnotateArguments& arguments = add_arguments(command, annotate_cells);
  annotate::AnnotateOptions& options = arguments.options;
  command.add_option("FILE", arguments.files, "files of human cells, with genes in any order; -: standard input")
      ->required();
  add_model(command, arguments.model);
  command
      .add_option(
          "-o,--output", arguments.outputs,
          "where to write; may be repeated. The ending decides: .h5ad, the cells of FILE with the results; .csv, "
          ".tsv or .parquet, the labels alone. -: the csv on standard output. With several files: a folder. "
          "Default: FILE.sctab.h5ad and FILE.sctab.csv next to FILE, named without its ending")
      ->allow_extra_args(false)
      ->type_name("OUTPUT");
  add_input(command, options);
  command.add_flag("--half", arguments.half,
                   "store the weights of the genes at half precision, which halves the memory traffic; the effect is "
                   "measured on the first batch and reported");
  add_number(command, "--batch-size", options.batch_size,
             "cells per batch; more take more memory, and results change by rounding only")
      ->check(from_to(1, annotate::kMostCellsOfBatch));
  add_threads(command, options.threads);
  add_memory(command);
  add_json(command, arguments.json);
  return options;
}

}  // namespace

void add_annotate(CLI::App& app) {
  add_all(*app.add_subcommand(
      "annotate",
      "Label the cells of files of any format. Adds to each: obs sctab_cell_type, sctab_cell_type_ontology_term_id, "
      "sctab_probability and sctab_uncertainty (1 - probability), obsm X_sctab (the embedding) and uns sctab (the "
      "model, genes found, where the counts came from); everything else stays as it is. Cells without counts in the "
      "model's genes become \"unknown\" with probability 0. If one of several files fails, the others are still "
      "labelled."));
}

void add_dev_annotate(CLI::App& dev) {
  CLI::App* command = dev.add_subcommand("annotate", "Like `sctab annotate`, with a choice of what computes.");
  annotate::AnnotateOptions& options = add_all(*command);
  add_choice<kernels::Device>(*command, "--device", options.device,
                              {{"cpu", kernels::Device::kCpu}, {"cuda", kernels::Device::kCuda}},
                              "what computes; this version has no kernels for cuda yet");
}

}  // namespace sctab::cli
