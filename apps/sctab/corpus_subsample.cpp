#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "commands.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/corpus/subsample.hpp"

namespace sctab::cli {
namespace {

struct SubsampleArguments {
  std::filesystem::path from, to;
  corpus::SubsampleOptions options;
  std::optional<double> fraction;
};

void subsample_store(SubsampleArguments& arguments) {
  const corpus::SubsampleOptions& given = arguments.options;
  if (!arguments.fraction && given.without_types.empty() && given.only_tissues.empty()) {
    throw core::InputError(
        {.subject = "--fraction",
         .found = "not given",
         .next_step =
             "give the share to keep, or leave out types with --without-types or tissues with --only-tissues"});
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
  CLI::App* command =
      corpus.add_subcommand("subsample",
                            "Take a nested part of a store's training cells. With the same seed a part of 30% contains "
                            "the part of 15%, by cells as well as by donors. Validation and test are kept whole, so "
                            "that results compare. Can also leave cell types out of training.");
  SubsampleArguments& arguments = add_arguments(*command, subsample_store);
  command->add_option("STORE", arguments.from, "a store made by `sctab corpus build`")->required();
  add_output(*command, arguments.to, "STORE2", "the smaller store, a folder");
  add_overwrite(*command, arguments.options.overwrite, "store");
  add_choice<corpus::SubsampleBy>(*command, "--by", arguments.options.by,
                                  {{"cells", corpus::SubsampleBy::kCells}, {"donors", corpus::SubsampleBy::kDonors}},
                                  "what to take a share of: training cells or training donors");
  add_value(*command, "--fraction", arguments.fraction, "SHARE",
            "the share to keep: above 0, at most 1; the paper uses 0.15, 0.30, 0.50, 0.70 and 1. Default: everything, "
            "with --without-types or --only-tissues");
  add_value(*command, "--without-types", arguments.options.without_types, "ID",
            "Cell Ontology ids: their cells, and those of their subtypes, leave training and validation and stay in "
            "the test, which then shows what a model calls cells of types that it does not know");
  add_value(*command, "--only-tissues", arguments.options.only_tissues, "TISSUE",
            "values of tissue_general: cells of other tissues leave training and validation and stay in the test");
  command->add_flag("--keep-types", arguments.options.keep_types,
                    "keep every cell type: also retain donors (or cells) that are the only source of one; parts with "
                    "the same seed stay nested");
  add_seed(*command, arguments.options.seed, "which cells or donors are taken");
  add_memory(*command, arguments.options.memory_bytes);
  add_threads(*command, arguments.options.threads);
}

}  // namespace sctab::cli
