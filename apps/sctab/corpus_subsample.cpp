#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/corpus/subsample.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
  std::filesystem::path from, to;
  std::string by = "cells";
  corpus::SubsampleOptions options;
  std::optional<double> fraction;
};

void run(Arguments& arguments) {
  arguments.options.by = arguments.by == "donors" ? corpus::SubsampleBy::kDonors : corpus::SubsampleBy::kCells;
  const corpus::SubsampleOptions& given = arguments.options;
  if (!arguments.fraction && given.without_types.empty() && given.only_tissues.empty()) {
    throw core::InputError(
        "--fraction: not given; give the part that is to stay, or leave types out by --without-types, or tissues by "
        "--only-tissues");
  }
  arguments.options.fraction = arguments.fraction.value_or(1);
  const store::Store from = store::Store::open(arguments.from);
  const corpus::SubsampleResult result = corpus::subsample(from, arguments.to, arguments.options);
  const store::Store to = store::Store::open(arguments.to);
  fmt::print("store: {} ({} of {} training cells)\n", arguments.to.string(),
             core::format_count(to.n_cells(store::Split::kTrain)),
             core::format_count(from.n_cells(store::Split::kTrain)));
  if (!result.types_left_out.empty()) fmt::print("left out: {}\n", fmt::join(result.types_left_out, "; "));
}

}  // namespace

void add_corpus_subsample(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand(
      "subsample",
      "Take a nested part of a store's training cells. With one seed a part of 30% holds all of the part of 15%, by "
      "cells as by donors. Validation and test are kept whole, so that results compare. Or leave cell types out of "
      "training.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("STORE", arguments->from, "a store made by `sctab corpus build`")->required();
  command->add_option("-o,--output", arguments->to, "the smaller store, a folder; an earlier store there is replaced")
      ->type_name("STORE2")
      ->required();
  command->add_option("--by", arguments->by, "what the part is of: training cells or training donors")
      ->check(CLI::IsMember({"cells", "donors"}))
      ->type_name("cells|donors")
      ->capture_default_str();
  command
      ->add_option("--fraction", arguments->fraction,
                   "the part: above 0, at most 1; the paper's 0.15, 0.30, 0.50, 0.70, 1. With --without-types or "
                   "--only-tissues it may be left out: all of the others")
      ->type_name("SHARE");
  command
      ->add_option(
          "--without-types", arguments->options.without_types,
          "Cell Ontology ids: their cells, and those of their subtypes, leave training and validation and stay "
          "in the test, which then asks what a model says of types that it does not know")
      ->type_name("ID");
  command
      ->add_option(
          "--only-tissues", arguments->options.only_tissues,
          "values of tissue_general: cells of other tissues leave training and validation and stay in the test")
      ->type_name("TISSUE");
  command->add_flag("--keep-types", arguments->options.keep_types,
                    "lose no cell type: beside the fraction keep the donors (or cells) that alone have cells of some "
                    "type; parts of one seed stay nested");
  add_seed(*command, arguments->options.seed, "which cells or donors are taken");
  add_memory(*command, arguments->options.memory_bytes);
  add_threads(*command, arguments->options.threads);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
