#include <fmt/format.h>

#include <algorithm>

#include "lab/experiments/recipe_sections.hpp"
#include "sctab/core/error.hpp"
#include "sctab/train/ensemble_plan.hpp"

namespace sctab::experiments {
namespace {

using nn::ModelKind;

void take_tabnet(SettingsReader& reader, train::PlanOptions& plan) {
  reader.take("n_d", plan.n_d);
  reader.take("n_a", plan.n_a);
  reader.take("n_steps", plan.n_steps);
  reader.take("n_shared", plan.n_shared);
  reader.take("n_independent", plan.n_independent);
  reader.take("virtual_batch_size", plan.virtual_batch_size);
  reader.take("momentum", plan.momentum);
  reader.take("lambda_sparse", plan.lambda_sparse);
  reader.take("reestimate_batch_norm", plan.reestimate_batch_norm);
  std::string mask;
  if (reader.take_choice("mask_type", mask, {"entmax", "sparsemax"})) plan.mask_type = nn::parse_mask_type(mask);
}

void take_mlp(SettingsReader& reader, train::PlanOptions& plan) {
  reader.take("n_hidden", plan.n_hidden);
  reader.take("hidden_size", plan.hidden_size);
  reader.take("dropout", plan.dropout);
}

void require_members(const SettingsReader& reader, int members) {
  if (members < 1) reader.refuse("members", {.found = fmt::to_string(members), .expected = "at least 1"});
}

void take_targets(SettingsReader& reader, train::PlanOptions& plan) {
  std::string sampling, smoothing;
  reader.take_choice("sampling", sampling, {"each", "balanced"});
  plan.balanced_sampling = sampling == "balanced";
  reader.take("sampling_power", plan.sampling_power);
  reader.take("label_smoothing", plan.label_smoothing);
  if (reader.take_choice("smoothing", smoothing, {"ontology", "uniform"})) {
    plan.smoothing = train::parse_smoothing(smoothing);
  }
}

/// What `train --covariate` takes.
void take_covariate(SettingsReader& reader, train::TrainOptions& options) {
  reader.take_choice("covariate", options.covariate, {"tissue", "tissue_general", "assay", "disease"});
  if (!reader.take("covariate_dropout", options.covariate_dropout)) return;
  if (options.covariate.empty()) {
    reader.refuse("covariate_dropout",
                  {.found = "has no effect without a covariate", .next_step = "add covariate, or remove this"});
  }
  if (!(options.covariate_dropout >= 0 && options.covariate_dropout < 1)) {
    reader.refuse("covariate_dropout", {.found = fmt::to_string(options.covariate_dropout),
                                        .expected = "a fraction of the training cells, 0 or more and below 1"});
  }
}

void take_network(SettingsReader& reader, ModelSpec& model) {
  train::TrainOptions& options = model.network;
  std::string preset;
  options.paper_preset = reader.take_choice("preset", preset, {"paper"});
  reader.take("batch_size", options.batch_size);
  reader.take("epochs", options.max_epochs);
  reader.take("patience", options.patience);
  reader.take("learning_rate", options.learning_rate);
  reader.take("weight_decay", options.weight_decay);
  reader.take("lr_gamma", options.lr_gamma);
  reader.take("clip_norm", options.clip_norm);
  reader.take("class_weights", options.class_weights);
  std::string loss;
  if (reader.take_choice("loss", loss, {"cross-entropy", "hierarchical"})) options.loss = train::parse_loss(loss);
  reader.take("subtype_credit", options.subtype_credit);
  take_targets(reader, options);
  reader.take("members", options.members);
  reader.take("augment", model.augment);
  reader.take("gene_dropout", options.gene_dropout);
  reader.take("gene_noise", options.gene_noise);
  take_covariate(reader, options);
  const bool is_mixed = options.kind == ModelKind::kMixed;  // takes what each of its kinds takes
  if (is_mixed || options.kind == ModelKind::kTabnet) take_tabnet(reader, options);
  if (is_mixed || options.kind == ModelKind::kMlp) take_mlp(reader, options);
  require_members(reader, options.members.value_or(1));
}

void take_baseline(SettingsReader& reader, baselines::BaselineOptions& options) {
  std::string preset;
  if (options.kind == ModelKind::kXgboost) {
    reader.take_choice("preset", preset, {"paper", "defaults"});
    options.library_defaults = preset == "defaults";
    reader.take("rounds", options.rounds);
    reader.take("eta", options.eta);
    reader.take("max_depth", options.max_depth);
    reader.take("subsample", options.subsample);
  }
  if (nn::uses_components(options.kind)) reader.take("components", options.n_components);
  if (options.kind != ModelKind::kCentroid) reader.take("members", options.members);  // there is no chance in it
  require_members(reader, options.members);
}

void take_loader(SettingsReader& reader, ModelSpec& model) {
  store::LoaderOptions& options = model.loader.emplace();
  reader.take("batch_size", options.batch_size);
  reader.take("threads", options.threads);
  reader.take("rows_per_block", options.rows_per_block);
  reader.take("blocks_per_window", options.blocks_per_window);
  reader.take("cold", model.cold);
  try {
    options.validate();
  } catch (const core::InputError& error) {
    throw error.within(reader.where("name"));
  }
}

void take_command(SettingsReader& reader, ModelSpec& model) {
  std::string version;  // of what the command runs: as all settings it is part of a trial's identity
  reader.require("command", model.command);
  reader.take("version", version);
  for (const char* placeholder : {"{store}", "{out}"}) {
    if (model.command.find(placeholder) != std::string::npos) continue;
    reader.refuse("command",
                  {.found = fmt::format("does not contain {}", placeholder),
                   .expected = "{store}, where the cells are, and {out}, where the command writes its calls"});
  }
}

/// The key of the table that a complaint names, as it stands there or as an option; "name" where it names none.
std::string key_named_in(const std::string& complaint, const Setting& table) {
  std::string named;
  for (const auto& [key, value] : std::get<Setting::Table>(table.value)) {
    std::string option = key;
    std::ranges::replace(option, '_', '-');
    const bool is_named =
        complaint.find(key) != std::string::npos || complaint.find("--" + option) != std::string::npos;
    if (is_named && key.size() > named.size()) named = key;
  }
  return named.empty() ? "name" : named;
}

/// A number out of range is said before the first trial, and not days later when its turn comes. No range depends on
/// the corpus.
void check_ranges(const SettingsReader& reader, const ModelSpec& model) {
  const train::CorpusSize any{
      .n_train = 1'000'000, .n_val = 1000, .n_genes = 1000, .cells_per_type = {500'000, 500'000}};
  try {
    if (model.is_network()) {
      static_cast<void>(train::choose_plans(model.network, any));
    } else {
      model.baseline.validate();
    }
  } catch (const core::InputError& error) {
    throw error.within(reader.where(key_named_in(error.what(), reader.setting())));
  }
}

/// What decides the results: all settings but name and parts, which only say what they are called and where they go.
nlohmann::json deciding(const Setting& setting) {
  nlohmann::json json = to_json(setting);
  json.erase("name");
  json.erase("parts");
  return json;
}

}  // namespace

ModelSpec read_model(SettingsReader reader) {
  ModelSpec model;
  std::string kind;
  reader.require("name", model.name);
  reader.require_choice(
      "kind", kind,
      {"tabnet", "mlp", "linear", "mixed", "xgboost", "celltypist", "pca+linear", "centroid", "loader", "command"});
  reader.take("parts", model.parts);
  if (kind == "loader") {
    take_loader(reader, model);
  } else if (kind == "command") {
    take_command(reader, model);
  } else {
    model.baseline.kind = nn::parse_model_kind(kind);
    model.network.kind = model.baseline.kind;
    if (model.is_network()) {
      take_network(reader, model);
    } else {
      take_baseline(reader, model.baseline);
    }
  }
  reader.require_no_others();
  if (!model.loader && model.command.empty()) check_ranges(reader, model);
  model.as_given = deciding(reader.setting());
  return model;
}

}  // namespace sctab::experiments
