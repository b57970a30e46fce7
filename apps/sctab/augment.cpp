#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "lab/charts/map_page.hpp"
#include "print.hpp"
#include "sctab/augment/check.hpp"
#include "sctab/augment/make_vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/text_table.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

using core::format_count;

struct Arguments {
  std::filesystem::path store, output, check, map;
  augment::VectorOptions options;
  std::int64_t map_cells = 10'000;
  bool json = false;
};

std::string peak_memory() {
  return core::format_bytes(static_cast<double>(core::peak_memory_bytes()));
}

nlohmann::json facts_json(const Arguments& arguments, const store::Store& store, const augment::VectorFacts& facts) {
  nlohmann::json json = augment::to_json(facts);
  json["sctab_version"] = SCTAB_VERSION;
  json["store"] = store.directory().filename().string();
  json["store_hash"] = store.hash();
  json["seed"] = arguments.options.seed;
  json["options"] = {{"cells", arguments.options.n_cells},
                     {"pairs_per_type", arguments.options.pairs_per_type},
                     {"clusters", arguments.options.n_clusters},
                     {"cluster_members", arguments.options.cluster_members},
                     {"vectors", arguments.options.n_vectors}};
  return json;
}

/// An output that would replace a folder of the user's, or cannot be written, is refused before hours of work.
void require_file(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    throw core::InputError(fmt::format("{}: is a folder; give the name of a file in it", path.string()));
  }
  const core::StagedOutput writable(path);
}

void make(const Arguments& arguments) {
  require_file(arguments.output);
  const store::Store store = store::Store::open(arguments.store);
  const auto [vectors, facts] = augment::make_vectors(store, arguments.options);
  nlohmann::json json = facts_json(arguments, store, facts);
  augment::write_vectors(arguments.output, vectors, json);
  if (arguments.json) {
    json["peak_memory_bytes"] = core::peak_memory_bytes();
    return print_json(json);
  }
  fmt::print("cells sampled: {}\n", format_count(facts.n_cells));
  if (facts.cells_without_donor > 0) {
    fmt::print("cells without a known donor, left out: {}\n", format_count(facts.cells_without_donor));
  }
  fmt::print("cell types with two donors or more: {}\n", facts.n_types);
  if (!facts.types_left_out.empty()) {
    fmt::print("types of one donor, left out: {}\n", fmt::join(facts.types_left_out, "; "));
  }
  fmt::print("differences between donors: {}\n", format_count(facts.n_differences));
  fmt::print("kept: {} in {} of {} clusters ({} members or more are asked for)\n", format_count(facts.differences_kept),
             facts.clusters_kept, facts.n_clusters, format_count(facts.least_members));
  fmt::print("vectors: {}, {:.1f}% of their genes not zero; peak memory {}\n{}\n", format_count(facts.n_vectors),
             100 * facts.share_not_zero, peak_memory(), arguments.output.string());
}

void check(const Arguments& arguments) {
  if (!arguments.map.empty()) require_file(arguments.map);
  const store::Store store = store::Store::open(arguments.store);
  const sparse::CsrMatrix vectors =
      augment::vectors_for(store, augment::read_vectors(arguments.check), arguments.check);
  const augment::CheckResult result =
      augment::check_vectors(store, vectors.view(),
                             {.map_cells = arguments.map.empty() ? 0 : arguments.map_cells,
                              .seed = arguments.options.seed,
                              .threads = arguments.options.threads});
  if (arguments.map.extension() == ".html") {
    charts::map_page(result, store).write(arguments.map);
  } else if (!arguments.map.empty()) {
    augment::write_map(arguments.map, result, store);
  }
  if (arguments.json) {
    nlohmann::json json = augment::to_json(result);
    json["peak_memory_bytes"] = core::peak_memory_bytes();
    return print_json(json);
  }
  using Column = core::TextTable::Column;
  constexpr auto kRight = core::TextTable::Align::kRight;
  core::TextTable table({Column{"R² of"}, Column{"raw", kRight}, Column{"augmented", kRight},
                         Column{"raw, gene mean", kRight}, Column{"augmented, gene mean", kRight}});
  const auto add = [&](const char* name, const augment::RSquared& raw, const augment::RSquared& augmented) {
    table.add_row({name, core::format_score(raw.of_total), core::format_score(augmented.of_total),
                   core::format_score(raw.gene_mean), core::format_score(augmented.gene_mean)});
  };
  add("cell type", result.raw.cell_type, result.augmented.cell_type);
  add("donor", result.raw.donor, result.augmented.donor);
  add("cell type and donor", result.raw.both, result.augmented.both);
  fmt::print("{}", table.text());
  fmt::print("{} training cells", format_count(result.n_cells));
  if (result.cells_without_donor > 0) {
    fmt::print(", and {} without a known donor left out", format_count(result.cells_without_donor));
  }
  fmt::print("; peak memory {}\n", peak_memory());
}

void run(const Arguments& arguments) {
  if (arguments.output.empty() == arguments.check.empty()) {
    throw core::InputError("give either -o VECTORS, to make them, or --check VECTORS, to see what they change");
  }
  return arguments.check.empty() ? make(arguments) : check(arguments);
}

void add_steps(CLI::App& command, augment::VectorOptions& options) {
  const auto number = [&command](const char* name, std::int64_t& value, const char* description) {
    command.add_option(name, value, description)
        ->type_name("N")
        ->capture_default_str()
        ->group("Steps (defaults: the paper's)");
  };
  number("--cells", options.n_cells, "cells to take means of, sampled evenly over types");
  number("--pairs", options.pairs_per_type, "pairs of donors a type, at most");
  number("--clusters", options.n_clusters, "of k-means; fewer where there are under 40 differences a cluster");
  number(
      "--cluster-members", options.cluster_members,
      "a cluster to be kept has more members than this; of fewer than the paper's 49,200 differences the same share");
  number("--vectors", options.n_vectors, "drawn from the clusters kept, at most");
}

void add_check(CLI::App& command, Arguments& arguments) {
  CLI::Option* check = command
                           .add_option("--check", arguments.check,
                                       "vectors made before: the variance that cell type and donor explain (R²) of the "
                                       "raw and of the augmented training cells")
                           ->check(not_empty())
                           ->type_name("VECTORS");
  for (const char* making :
       {"--output", "--cells", "--pairs", "--clusters", "--cluster-members", "--vectors", "--memory"}) {
    check->excludes(making);
  }
  CLI::Option* map =
      command
          .add_option("--map", arguments.map,
                      "with --check: raw and augmented cells by two principal components, drawn as a page where "
                      "FILE ends in .html, else as csv")
          ->check(not_empty())
          ->needs(check)
          ->type_name("FILE");
  command.add_option("--map-cells", arguments.map_cells, "cells on the map, a random part of the training cells")
      ->check(at_least(2))
      ->needs(map)
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void add_augment(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "augment",
      "Make augmentation vectors: differences between donors of one cell type, by which `sctab train --augment` moves "
      "training cells, so that a model learns to look past donors. With --check, show what they change.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("STORE", arguments->store, "a store made by `sctab corpus build`; its training cells are used")
      ->required();
  command->add_option("-o,--output", arguments->output, "the vectors, as h5ad: obs says which donors and type")
      ->check(not_empty())
      ->type_name("VECTORS");
  add_steps(*command, arguments->options);
  add_seed(*command, arguments->options.seed,
           "cells, pairs, clusters and vectors; with --check, which cell is moved by which");
  add_memory(*command, arguments->options.memory_bytes);
  add_check(*command, *arguments);
  add_threads(*command, arguments->options.threads);
  add_json(*command, arguments->json);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
