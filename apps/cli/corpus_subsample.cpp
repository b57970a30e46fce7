#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <memory>

#include "commands.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/corpus/subsample.hpp"
#include "shared_options.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
  std::filesystem::path from, to;
  std::string by = "cells";
  corpus::SubsampleOptions options;
};

void run(Arguments& arguments) {
  arguments.options.by = arguments.by == "donors" ? corpus::SubsampleBy::kDonors : corpus::SubsampleBy::kCells;
  const store::Store from = store::Store::open(arguments.from);
  corpus::subsample(from, arguments.to, arguments.options);
  const store::Store to = store::Store::open(arguments.to);
  fmt::print("store: {} ({} of {} training cells)\n", arguments.to.string(),
             core::format_count(to.n_cells(store::Split::kTrain)),
             core::format_count(from.n_cells(store::Split::kTrain)));
}

}  // namespace

void add_corpus_subsample(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand(
      "subsample",
      "Take a nested part of a store's training cells. With one seed a part of 30% holds all of the part of 15%, by "
      "cells as by donors. Validation and test are kept whole, so that results compare.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("STORE", arguments->from, "a store made by `sctab corpus build`")->required();
  command->add_option("-o,--output", arguments->to, "the smaller store, a folder; an earlier store there is replaced")
      ->type_name("STORE2")
      ->required();
  command->add_option("--by", arguments->by, "what the part is of: training cells or training donors")
      ->check(CLI::IsMember({"cells", "donors"}))
      ->type_name("cells|donors")
      ->required();
  command
      ->add_option("--fraction", arguments->options.fraction,
                   "the part: above 0, at most 1; the paper's 0.15, "
                   "0.30, 0.50, 0.70, 1")
      ->type_name("SHARE")
      ->required();
  add_seed(*command, arguments->options.seed, "which cells or donors are taken");
  add_memory(*command, arguments->options.memory_bytes);
  add_threads(*command, arguments->options.threads);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace sctab::cli
