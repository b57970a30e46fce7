#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "lab/charts/map_page.hpp"
#include "sctab/augment/check.hpp"
#include "sctab/augment/make_vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/text_table.hpp"

namespace sctab::cli {
namespace {

using core::format_count;

struct MakeArguments {
  std::filesystem::path store, output;
  augment::VectorOptions options;
  bool json = false;
};

struct CheckArguments {
  std::filesystem::path vectors, store, map;
  std::int64_t map_cells = 10'000;
  std::uint64_t seed = augment::VectorOptions().seed;
  int threads = 0;
  bool json = false;
};

/// Refuses before hours of work an output that would replace a folder or cannot be written.
void require_file(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    throw core::InputError(
        {.file = path.string(), .found = "is a folder", .next_step = "give the name of a file in it"});
  }
  const core::StagedOutput writable(path);
}

void make(MakeArguments& arguments) {
  require_file(arguments.output);
  const store::Store store = store::Store::open(arguments.store);
  const auto [vectors, facts] = augment::make_vectors(store, arguments.options);
  const nlohmann::json json = augment::provenance(store, arguments.options, facts);
  augment::write_vectors(arguments.output, vectors, json);
  if (arguments.json) return print_with_peak_memory(json);
  fmt::print("cells sampled: {}\n", format_count(facts.n_cells));
  if (facts.cells_without_donor > 0) {
    fmt::print("cells left out because their donor is not known: {}\n", format_count(facts.cells_without_donor));
  }
  fmt::print("cell types with at least two donors: {}\n", facts.n_types);
  if (!facts.types_left_out.empty()) {
    fmt::print("cell types left out because they have one donor: {}\n", fmt::join(facts.types_left_out, "; "));
  }
  fmt::print("differences between donors: {}\n", format_count(facts.n_differences));
  fmt::print("kept: {}, in {} of {} clusters (those with at least {} members)\n", format_count(facts.differences_kept),
             facts.clusters_kept, facts.n_clusters, format_count(facts.least_members));
  fmt::print("vectors: {}, {:.1f}% of their entries not zero; peak memory {}\n{}\n", format_count(facts.n_vectors),
             100 * facts.share_not_zero, peak_memory(), arguments.output.string());
}

void check(CheckArguments& arguments) {
  if (!arguments.map.empty()) require_file(arguments.map);
  const store::Store store = store::Store::open(arguments.store);
  const sparse::CsrMatrix vectors =
      augment::vectors_for(store, augment::read_vectors(arguments.vectors), arguments.vectors);
  const augment::CheckResult result =
      augment::check_vectors(store, vectors.view(),
                             {.map_cells = arguments.map.empty() ? 0 : arguments.map_cells,
                              .seed = arguments.seed,
                              .threads = arguments.threads});
  if (arguments.map.extension() == ".html") {
    charts::map_page(result, store).write(arguments.map);
  } else if (!arguments.map.empty()) {
    augment::write_map(arguments.map, result, store);
  }
  if (arguments.json) return print_with_peak_memory(augment::to_json(result));
  using Column = core::TextTable::Column;
  constexpr auto kRight = core::TextTable::Align::kRight;
  core::TextTable table({Column{"R² of"}, Column{"raw", kRight}, Column{"augmented", kRight},
                         Column{"raw, gene mean", kRight}, Column{"augmented, gene mean", kRight}});
  for (const auto& row : charts::r_squared_table(result).rows) table.add_row(row);
  fmt::print("{}", table.text());
  fmt::print("{} training cells", format_count(result.n_cells));
  if (result.cells_without_donor > 0) {
    fmt::print("; {} left out because their donor is not known", format_count(result.cells_without_donor));
  }
  fmt::print("; peak memory {}\n", peak_memory());
}

void add_steps(CLI::App& command, augment::VectorOptions& options) {
  const Heading heading(command, "Steps (defaults: the paper's)");
  add_number(command, "--cells", options.n_cells, "cells to average over, sampled evenly over cell types")
      ->check(at_least(1));
  add_number(command, "--pairs", options.pairs_per_type, "pairs of donors per cell type, at most")->check(at_least(1));
  add_number(command, "--clusters", options.n_clusters,
             "clusters for k-means; fewer if that leaves under 40 differences per cluster");
  add_number(
      command, "--cluster-members", options.cluster_members,
      "keep clusters with more members than this; scaled down if there are fewer than the paper's 49,200 differences");
  add_number(command, "--vectors", options.n_vectors, "vectors to draw from the clusters that were kept, at most")
      ->check(at_least(1));
}

}  // namespace

void add_augment_make(CLI::App& augment) {
  CLI::App* command = augment.add_subcommand(
      "make",
      "Make augmentation vectors from a store. They are differences between donors of one cell type; `sctab train "
      "--augment` adds them to training cells, so that a model learns to look past donors.");
  MakeArguments& arguments = add_arguments(*command, make);
  command->add_option("STORE", arguments.store, "a store made by `sctab corpus build`; its training cells are used")
      ->required();
  add_output(*command, arguments.output, "VECTORS", "the vectors, an h5ad file; obs names the donors and cell type");
  add_steps(*command, arguments.options);
  add_seed(*command, arguments.options.seed, "cells, pairs, clusters and vectors");
  add_memory(*command, arguments.options.memory_bytes);
  add_threads(*command, arguments.options.threads);
  add_json(*command, arguments.json);
}

void add_augment_check(CLI::App& augment) {
  CLI::App* command =
      augment.add_subcommand("check",
                             "Show what augmentation vectors change. Compares how much of the variance of raw and of "
                             "augmented training cells their cell type and their donor explain (R²).");
  CheckArguments& arguments = add_arguments(*command, check);
  command->add_option("STORE", arguments.store, "the store whose training cells to augment")->required();
  command->add_option("VECTORS", arguments.vectors, "vectors made by `sctab augment make`")->required();
  CLI::Option* map = add_value(*command, "--map", arguments.map, "FILE",
                               "also write raw and augmented cells on two principal components: as a page if FILE ends "
                               "in .html, otherwise as csv");
  add_number(*command, "--map-cells", arguments.map_cells, "cells on the map, a random sample of the training cells")
      ->check(at_least(2))
      ->needs(map);
  add_seed(*command, arguments.seed, "which cell is moved by which vector");
  add_threads(*command, arguments.threads);
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
