#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "lab/charts/describe_page.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/corpus/describe.hpp"

namespace sctab::cli {
namespace {

struct DescribeArguments {
  std::filesystem::path store, html;
  bool json = false;
};

void describe_store(DescribeArguments& arguments) {
  if (!arguments.html.empty()) core::require_writable_file(arguments.html);
  const nlohmann::json description = corpus::describe(store::Store::open(arguments.store));
  if (!arguments.html.empty()) charts::describe_page(description).write(arguments.html);
  if (arguments.json) return print_json(description);
  fmt::print("{}", corpus::describe_text(description));
}

}  // namespace

void add_corpus_describe(CLI::App& corpus) {
  CLI::App* command = corpus.add_subcommand("describe",
                                            "Describe what a store holds. Counts cells, donors, types, tissues and "
                                            "datasets per split, per type and per tissue.");
  DescribeArguments& arguments = add_arguments(*command, describe_store);
  command->add_option("STORE", arguments.store, "a store made by `sctab corpus build`")->required();
  add_value(*command, "--html", arguments.html, "FILE",
            "also write a page: a treemap of tissues and types like the paper's Fig. 1a, donors against cells of each "
            "type like its Fig. 2a, and all tables; one file that opens offline");
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
