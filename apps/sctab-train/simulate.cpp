#include "lab/simulate/simulate.hpp"

#include <fmt/format.h>

#include "commands.hpp"
#include "sctab/core/numbers.hpp"
#include "summaries.hpp"

namespace sctab::cli {
namespace {

struct SimulateArguments {
  std::filesystem::path directory;
  simulate::SimulateOptions options;
};

void simulate_cells(SimulateArguments& arguments) {
  const simulate::SimulateResult result = simulate::simulate(arguments.directory, arguments.options);
  for (const std::filesystem::path& source : result.sources) fmt::print("source: {}\n", source.string());
  fmt::print("ontology: {}\ngenes: {}\ncells: {}\n", result.ontology.string(), result.genes.string(),
             core::format_count(result.n_cells));
}

}  // namespace

void add_simulate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "simulate", fmt::format("{} ", kSimulateSummary) +
                      "Counts are negative binomial, around profiles measured on real cells, with donor effects, "
                      "library sizes as in 10x assays, and labels at mixed depths of the ontology. Use them to try "
                      "things out and for tests at scale; results on them say nothing about real cells.");
  SimulateArguments& arguments = add_arguments(*command, simulate_cells);
  simulate::SimulateOptions& options = arguments.options;
  add_output(*command, arguments.directory, "DIR",
             "the folder for source-01.h5ad and so on, ontology.obo, genes.csv and truth.json");
  add_overwrite(*command, options.overwrite, "simulation");
  add_number(*command, "--cells", options.n_cells, "cells in total; memory does not grow with them")
      ->check(at_least(1));
  add_number(*command, "--sources", options.n_sources, "files, each with its own tissues and donors")
      ->check(at_least(1));
  add_number(*command, "--donors", options.n_donors, "donors in total")->check(at_least(1));
  add_number(*command, "--types", options.n_types, "cell types, at mixed depths of the ontology")->check(at_least(1));
  add_number(*command, "--n-genes", options.n_genes, "genes; the paper has 19,331")->check(at_least(1));
  add_number(*command, "--donor-effect", options.donor_effect,
             "standard deviation between donors, in log expression, of genes that vary");
  add_number(*command, "--coarse-labels", options.coarse_labels,
             "share of groups of one donor and type that are labelled with a parent of their type, 0 to 1")
      ->check(share());
  add_seed(*command, options.seed, "every random number");
  add_threads(*command, options.threads);
}

}  // namespace sctab::cli
