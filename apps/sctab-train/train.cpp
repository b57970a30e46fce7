#include "sctab/train/train.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "commands.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "summaries.hpp"

namespace sctab::cli {
namespace {

struct TrainArguments {
  std::filesystem::path store, model;
  std::string kind = "auto";
  train::TrainOptions options;
  bool json = false;
};

/// "width of the embedding; the paper uses 128. Default: by corpus".
std::string help_of(const train::Option& option) {
  std::string text(option.help);
  if (!option.needs.empty()) text += fmt::format("; only with --{}", option.needs);
  if (!option.paper.empty()) text += fmt::format("; the paper uses {}", option.paper);
  if (!option.by_default.empty()) text += fmt::format(". Default: {}", option.by_default);
  return text;
}

/// Refuses text that the option cannot be set from.
CLI::Validator settable(const train::Option& option) {
  return {[&option](std::string& text) {
            try {
              train::TrainOptions unused;
              train::set_from_text(unused, option, text);
              return std::string();
            } catch (const core::InputError& error) {
              core::Problem problem = error.problem();
              problem.subject.clear();
              return core::format(problem);
            }
          },
          ""};
}

void add_option(CLI::App& command, const train::Option& option, train::TrainOptions& options) {
  const std::string name = train::command_line_name(option), group(train::title(option.section));
  if (train::is_switch(option)) {
    command
        .add_flag_function(
            fmt::format("{},!--no-{}", name, option.name),
            [&](std::int64_t count) { train::set(options, option, count > 0); }, help_of(option))
        ->group(group);
    return;
  }
  command
      .add_option_function<std::string>(
          name, [&](const std::string& text) { train::set_from_text(options, option, text); }, help_of(option))
      ->check(settable(option))
      ->type_name(train::type_name(option))
      ->group(group);
}

std::string kinds_help() {
  std::string text = "auto: tabnet, or mixed below 200,000 training cells";
  for (const model::ModelKindInfo& kind : model::kModelKinds) text += fmt::format(". {}: {}", kind.name, kind.help);
  return text;
}

void train_model(TrainArguments& arguments) {
  train::TrainOptions& options = arguments.options;
  options.kind.reset();
  if (arguments.kind != "auto") options.kind = model::parse_model_kind(arguments.kind);
  const train::TrainResult result = train::train(store::Store::open(arguments.store), options, arguments.model);
  if (arguments.json) {
    nlohmann::json json = train::to_json(result);
    json["model"] = arguments.model.string();
    json["peak_memory_bytes"] = core::peak_memory_bytes();
    return print_json(json);
  }
  fmt::print("{}, peak memory {}\nmodel: {}\n", train::to_text(result), peak_memory(), arguments.model.string());
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "train",
      fmt::format("{} ", kTrainSummary) +
          "For networks the loss is the published code's: cross-entropy with balanced class weights minus lambda times "
          "the masks' loss; for mixed, see --loss. Training stops early on validation macro F1, corrected by the Cell "
          "Ontology. Options that are not given are chosen from the corpus's size, because the paper's values are made "
          "for 7,441 steps an epoch; `--preset paper` is exactly the paper.");
  TrainArguments& arguments = add_arguments(*command, train_model);
  command->add_option("STORE", arguments.store, "a store made by `sctab corpus build`")->required();
  add_output(*command, arguments.model, "MODEL", "the model directory; its run/ holds the metrics of each epoch");
  std::vector<std::string> kinds = {"auto"};
  for (const model::ModelKindInfo& kind : model::kModelKinds) kinds.emplace_back(kind.name);
  command->add_option("--kind", arguments.kind, kinds_help())
      ->check(one_of(kinds))
      ->type_name("KIND")
      ->capture_default_str();
  command->add_flag("--resume", arguments.options.resume,
                    "resume an interrupted run: networks from their last checkpoint, with the same losses as an "
                    "uninterrupted run; baselines after the last finished member");
  add_overwrite(*command, arguments.options.overwrite, "model");
  add_seed(*command, arguments.options.seed, "initial weights, dropout, the order of cells and their augmentation");
  add_threads(*command, arguments.options.threads);
  add_memory(*command);
  add_json(*command, arguments.json);
  for (const train::Option& option : train::kOptions) add_option(*command, option, arguments.options);
}

void add_dev_options(CLI::App& dev) {
  CLI::App* command = dev.add_subcommand(
      "options",
      "Print the tables of training options that docs hold. Those of docs/options.md or, with --baselines, that of "
      "docs/baselines.md; a test fails if the pages have others.");
  bool& baselines = add_arguments<bool>(*command, [](bool& only_baselines) {
    const std::span sections(train::kSections);
    const std::size_t n_others = sections.size() - 1;
    fmt::print("{}", train::options_markdown(only_baselines ? sections.last(1) : sections.first(n_others)));
  });
  command->add_flag("--baselines", baselines, "print the table of docs/baselines.md");
}

}  // namespace sctab::cli
