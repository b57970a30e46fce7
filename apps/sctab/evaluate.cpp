#include <fmt/format.h>

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/evaluate/evaluation_report.hpp"
#include "sctab/evaluate/seen_donors.hpp"
#include "sctab/model/find_model.hpp"

namespace sctab::cli {
namespace {

struct EvaluateArguments {
  std::filesystem::path model, store, output;
  std::string split = "test";
  int threads = 0;
  bool json = false, without_covariate = false;
};

/// Says where the model has learnt from, or was chosen by, donors of the split. Returns their number; null where the
/// model does not say whom it has seen.
nlohmann::json note_seen_donors(const model::ModelDescription& model, const store::Store& store, store::Split split) {
  const auto seen = evaluate::seen_donors(model, store, split);
  if (!seen) return nullptr;
  const bool is_its_own = model.training.value("store_hash", "") == store.hash();
  if (is_its_own && split == store::Split::kTrain) {
    spdlog::info("These are training cells: the scores measure memorisation, not generalisation.");
  } else if (is_its_own && split == store::Split::kVal) {
    spdlog::info("The model's epoch was chosen on these cells: the scores are slightly too good.");
  } else if (seen->n_seen > 0) {
    spdlog::warn(
        "warning: {} of the {} donors in the {} split of {} are training or validation donors of the model, so the "
        "scores do not measure unseen people; evaluate on the test split of the store it was trained on",
        seen->n_seen, seen->n_donors, store::name(split), store.directory().string());
  }
  return seen->n_seen;
}

void evaluate_on_store(EvaluateArguments& arguments) {
  if (!arguments.output.empty()) core::require_writable_file(arguments.output);
  const store::Store store = store::Store::open(arguments.store);
  const store::Split split = store::parse_split(arguments.split);
  const auto model = model::Classifier::load(model::find_model(arguments.model), {.threads = arguments.threads});
  evaluate::EvaluateOptions options;
  options.threads = arguments.threads;
  options.without_covariate = arguments.without_covariate;
  const nlohmann::json donors_seen = note_seen_donors(model.description(), store, split);
  const evaluate::ModelEvaluation result = evaluate::evaluate_model(model, store, split, options);
  nlohmann::json json = evaluate::to_json(result);
  json["model"] = arguments.model.string();
  json["store"] = arguments.store.string();
  json["split"] = arguments.split;
  json["donors_seen"] = donors_seen;
  if (!arguments.output.empty()) core::write_json(arguments.output, json);
  if (arguments.json) return print_json(json);
  fmt::print("{}", evaluate::to_text(result));
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "evaluate",
      "Compare a model's calls with the authors' labels. A call is right if it is the author's label or, in the Cell "
      "Ontology, a subtype of it; a parent is wrong. Reports macro, weighted and micro F1, also uncorrected, per type "
      "and per tissue, and the confusions; also how well 1 - probability tells wrong calls from right ones and absent "
      "types from known ones (areas under the ROC curve), and the calibration of probabilities. An ensemble has "
      "these for its first member, its first two, and so on.");
  EvaluateArguments& arguments = add_arguments(*command, evaluate_on_store);
  command->add_option("STORE", arguments.store, "a store; genes and types are matched by id")->required();
  add_model(*command, arguments.model);
  add_value(*command, "--split", arguments.split, "train|val|test",
            "the cells to compare on; test holds donors that training never saw")
      ->check(one_of({"train", "val", "test"}))
      ->capture_default_str();
  add_value(*command, "-o,--output", arguments.output, "FILE", "also write the result, as JSON, to this file");
  command->add_flag("--no-covariate", arguments.without_covariate,
                    "evaluate as if no cell's value of the model's covariate were known");
  add_threads(*command, arguments.threads);
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
