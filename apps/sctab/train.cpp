#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.hpp"
#include "print.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/trainer.hpp"
#include "shared_options.hpp"
#include "train_baseline.hpp"

namespace sctab::cli {
namespace {

struct Arguments {
  std::filesystem::path store, model;
  std::string kind = "auto", preset, mask_type;
  train::TrainOptions options;
  baselines::BaselineOptions baseline;  // what only baselines take
  bool json = false;
};

template <typename T>
void add_choice(CLI::App& command, const char* group, const char* name, std::optional<T>& value,
                const char* description) {
  command.add_option(name, value, description)->type_name(std::is_integral_v<T> ? "N" : "X")->group(group);
}

void add_optimisation(CLI::App& command, train::TrainOptions& options) {
  const char* group = "Optimisation (default: chosen from the corpus's size, and shown)";
  add_choice(command, group, "--batch-size", options.batch_size, "cells a step; the paper's 2048");
  add_choice(command, group, "--epochs", options.max_epochs, "passes over the training cells, at most; the paper's 50");
  add_choice(command, group, "--patience", options.patience,
             "epochs without a better validation macro F1 before training ends");
  add_choice(command, group, "--learning-rate", options.learning_rate,
             "of AdamW; the paper's 0.005 (tabnet), 0.002 (mlp), 0.0005 (linear)");
  add_choice(command, group, "--weight-decay", options.weight_decay, "of AdamW; the paper's 0.05, linear 0.01");
  add_choice(command, group, "--lr-gamma", options.lr_gamma, "factor of the learning rate each epoch; the paper's 0.9");
  add_choice(command, group, "--clip-norm", options.clip_norm, "largest norm of the gradient; the paper's 1");
  command
      .add_option_function<std::string>(
          "--loss", [&options](const std::string& text) { options.loss = train::parse_loss(text); },
          "hierarchical: a cell labelled with a type may be of any subtype of it. The paper's cross-entropy holds it "
          "to be of none; so does the default, but for mixed")
      ->check(CLI::IsMember({"cross-entropy", "hierarchical"}))
      ->type_name("cross-entropy|hierarchical")
      ->group(group);
  add_choice(command, group, "--subtype-credit", options.subtype_credit,
             "what the probability of a subtype counts for its label in the hierarchical loss. Default: 1, and 0.5 "
             "of mixed, which keeps to coarse labels where little speaks for a subtype");
  command
      .add_flag_callback(
          "--no-class-weights", [&options] { options.class_weights = false; },
          "weigh every cell the same; the paper balances the types")
      ->group(group);
  command
      .add_flag_callback(
          "--class-weights", [&options] { options.class_weights = true; },
          "balance the types in the loss; with --sampling balanced, as far as sampling leaves them uneven. Default: "
          "yes, but not with --sampling balanced")
      ->excludes("--no-class-weights")
      ->group(group);
  const auto set_reestimation = [&options, &command, group](const char* name, bool value, const char* text) {
    command
        .add_flag_callback(
            name, [&options, value] { options.reestimate_batch_norm = value; }, text)
        ->group(group);
  };
  set_reestimation("--reestimate-batch-norm", true,
                   "estimate batch norm statistics anew over training cells before each validation: running averages "
                   "lag where steps are few");
  set_reestimation("--keep-batch-norm", false, "validate with the running averages, as the paper does");
  command.get_option("--keep-batch-norm")->excludes("--reestimate-batch-norm");
}

void add_targets(CLI::App& command, train::TrainOptions& options) {
  const char* group = "Beyond the paper (off by default)";
  command
      .add_option_function<std::string>(
          "--sampling", [&options](const std::string& value) { options.balanced_sampling = value == "balanced"; },
          "balanced: show cells of rare types more often and of frequent ones less often, in epochs of the same mean "
          "length; each: every cell once")
      ->check(CLI::IsMember({"each", "balanced"}))
      ->type_name("each|balanced")
      ->group(group);
  add_choice(command, group, "--sampling-power", options.sampling_power,
             "with --sampling balanced: a cell is shown in proportion to n^-X, of its type's n cells; 1: all types "
             "alike. Default: 0.5");
  add_choice(command, group, "--label-smoothing", options.label_smoothing,
             "share of each target that is taken from the label and spread over types; 0 to below 1");
  command
      .add_option_function<std::string>(
          "--smoothing", [&options](const std::string& value) { options.smoothing = train::parse_smoothing(value); },
          "with --label-smoothing, over which types. ontology: those close to the label in the Cell Ontology, by their "
          "closeness. uniform: all that have training cells. Default: ontology")
      ->check(CLI::IsMember({"ontology", "uniform"}))
      ->type_name("ontology|uniform")
      ->group(group);
}

void add_networks(CLI::App& command, Arguments& arguments) {
  train::TrainOptions& options = arguments.options;
  const char* tabnet = "TabNet (default: chosen from the corpus's size, and shown)";
  add_choice(command, tabnet, "--n-d", options.n_d, "width of the embedding; the paper's 128");
  add_choice(command, tabnet, "--n-a", options.n_a, "width that feeds attention; the paper's 64");
  add_choice(command, tabnet, "--n-steps", options.n_steps, "decision steps; the paper's 1");
  add_choice(command, tabnet, "--n-shared", options.n_shared, "GLU layers that all steps share; the paper's 3");
  add_choice(command, tabnet, "--n-independent", options.n_independent, "GLU layers of each step; the paper's 5");
  add_choice(command, tabnet, "--virtual-batch-size", options.virtual_batch_size,
             "cells a ghost batch norm sees at once; the paper's 256");
  add_choice(command, tabnet, "--momentum", options.momentum, "of ghost batch norm; the paper's 0.02");
  add_choice(command, tabnet, "--lambda-sparse", options.lambda_sparse,
             "weight of the masks' sparsity in the loss; the paper's 1e-5");
  command.add_option("--mask-type", arguments.mask_type, "of attention; the paper's entmax")
      ->check(CLI::IsMember({"entmax", "sparsemax"}))
      ->type_name("entmax|sparsemax")
      ->group(tabnet);
  const char* mlp = "MLP (default: chosen from the corpus's size, and shown)";
  add_choice(command, mlp, "--n-hidden", options.n_hidden, "hidden layers; the paper's 8");
  add_choice(command, mlp, "--hidden-size", options.hidden_size, "width of a hidden layer; the paper's 128");
  add_choice(command, mlp, "--dropout", options.dropout, "share of a hidden layer dropped; the paper's 0.1");
}

void add_assay_noise(CLI::App& command, train::TrainOptions& options) {
  const char* group = "Beyond the paper (off by default)";
  add_choice(command, group, "--gene-dropout", options.gene_dropout,
             "training cells lose genes, each cell a share drawn from 0 to X, anew in each epoch, as in assays that "
             "capture less. Default: 0");
  add_choice(command, group, "--gene-noise", options.gene_noise,
             "genes' counts are multiplied by factors drawn for each batch, whose logarithm has a standard deviation "
             "drawn from 0 to X, as between assays. Default: 0");
}

void add_baselines(CLI::App& command, baselines::BaselineOptions& options) {
  const char* group = "Baselines (default: the paper's, or with --preset defaults XGBoost's own)";
  add_choice(command, group, "--components", options.n_components,
             "principal components that xgboost and pca+linear see; the paper's 256");
  add_choice(command, group, "--rounds", options.rounds, "of xgboost, a tree per type each, at most; the paper's 800");
  add_choice(command, group, "--eta", options.eta, "of xgboost: the learning rate; the paper's 0.05");
  add_choice(command, group, "--max-depth", options.max_depth, "of xgboost's trees; the paper's 10");
  add_choice(command, group, "--subsample", options.subsample,
             "of xgboost: share of the cells that a round sees; the paper's 0.75");
}

/// What networks learn from beside the cells as the store has them.
void add_inputs(CLI::App& command, train::TrainOptions& options) {
  command
      .add_option("--augment", options.augment,
                  "vectors made by `sctab augment`: each training cell is moved by one of them, anew in each epoch")
      ->check(not_empty())
      ->type_name("VECTORS");
  command
      .add_option("--covariate", options.covariate,
                  "of networks: a column of the store that they see beside the genes, tissue, tissue_general, assay or "
                  "disease. Files that lack it can be annotated too")
      ->check(not_empty())
      ->type_name("COLUMN");
  command
      .add_option("--covariate-dropout", options.covariate_dropout,
                  "share of the training cells from which the covariate is hidden, anew in each epoch")
      ->needs("--covariate")
      ->type_name("SHARE")
      ->capture_default_str();
}

nlohmann::json to_json(const train::TrainResult& result, const std::filesystem::path& model) {
  const auto run_json = [](const train::TrainResult& one) -> nlohmann::json {
    return {{"kind", nn::name(one.kind)},
            {"seed", one.seed},
            {"epochs", one.epochs},
            {"best_epoch", one.best_epoch},
            {"best_val_macro_f1", one.best_val_macro_f1},
            {"cells_per_second", one.cells_per_second}};
  };
  nlohmann::json json = run_json(result);
  for (const train::TrainResult& member : result.members) json["members"].push_back(run_json(member));
  json["model"] = model.string();
  json["peak_memory_bytes"] = core::peak_memory_bytes();
  return json;
}

void print_run(const train::TrainResult& result) {
  const std::string score = std::isnan(result.best_val_macro_f1)
                                ? fmt::format("no validation cells; the weights of epoch {}", result.epochs)
                                : fmt::format("validation macro F1 {:.4f} at epoch {} of {}", result.best_val_macro_f1,
                                              result.best_epoch, result.epochs);
  fmt::print("{}; {} cells/s", score, core::format_count(static_cast<std::int64_t>(result.cells_per_second)));
}

void print_result(const train::TrainResult& result, const std::filesystem::path& model) {
  for (const train::TrainResult& member : result.members) {
    fmt::print("{}, seed {}: ", nn::name(member.kind), member.seed);
    print_run(member);
    fmt::print("\n");
  }
  if (result.members.empty()) {
    print_run(result);
  } else {
    fmt::print("mean of {} members: validation macro F1 {}", result.members.size(),
               core::format_score(result.best_val_macro_f1));
  }
  fmt::print(", peak memory {}\nmodel: {}\n", core::format_bytes(static_cast<double>(core::peak_memory_bytes())),
             model.string());
}

void run(const CLI::App& command, Arguments& arguments) {
  train::TrainOptions& options = arguments.options;
  options.kind.reset();
  if (arguments.kind != "auto") options.kind = nn::parse_model_kind(arguments.kind);
  if (options.kind && !nn::is_network(*options.kind) && *options.kind != nn::ModelKind::kMixed) {
    baselines::BaselineOptions& baseline = arguments.baseline;
    baseline.kind = *options.kind;
    baseline.library_defaults = arguments.preset == "defaults";
    baseline.seed = options.seed;
    baseline.members = options.members.value_or(1);
    baseline.threads = options.threads;
    baseline.resume = options.resume;
    return run_baseline(command, arguments.store, baseline, arguments.model, arguments.json);
  }
  refuse_baseline_options(command, arguments.kind);
  options.paper_preset = arguments.preset == "paper";
  if (!arguments.mask_type.empty()) {
    options.mask_type = arguments.mask_type == "entmax" ? nn::MaskType::kEntmax : nn::MaskType::kSparsemax;
  }
  const train::TrainResult result = train::train(store::Store::open(arguments.store), options, arguments.model);
  if (arguments.json) return print_json(to_json(result, arguments.model));
  print_result(result, arguments.model);
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "train",
      "Train a cell type classifier on a store. The loss is the published code's: cross-entropy with balanced class "
      "weights minus lambda times the masks' loss; of mixed, see --loss. Training stops early on validation macro F1, "
      "corrected by the Cell "
      "Ontology. What is not given is chosen from the corpus's size, because the paper's values are made for 7,441 "
      "steps an epoch; `--preset paper` is exactly the paper.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("STORE", arguments->store, "a store made by `sctab corpus build`")->required();
  command->add_option("-o,--output", arguments->model, "the model directory; metrics of each epoch lie in its run/")
      ->type_name("MODEL")
      ->required();
  command
      ->add_option("--model", arguments->kind,
                   "auto: tabnet, or mixed below 200,000 training cells. tabnet, mlp, linear: networks. mixed: an "
                   "ensemble of all three. xgboost, pca+linear: on principal components. celltypist: its "
                   "logistic regression. centroid: the nearest mean profile, a floor")
      ->check(CLI::IsMember(
          {"auto", "tabnet", "mlp", "linear", "mixed", "xgboost", "celltypist", "pca+linear", "centroid"}))
      ->type_name("KIND")
      ->capture_default_str();
  command
      ->add_option("--preset", arguments->preset,
                   "paper: the paper's value for whatever is not given. defaults: XGBoost's own values; else it has "
                   "the paper's 800 rounds, eta 0.05, subsample 0.75, depth 10, early stop 10")
      ->check(CLI::IsMember({"paper", "defaults"}))
      ->type_name("paper|defaults");
  command->add_flag("--resume", arguments->options.resume,
                    "go on from the last checkpoint of a run that was ended; its losses are those of a run never "
                    "ended. Of a baseline: "
                    "from the members that are finished");
  command
      ->add_option("--members", arguments->options.members,
                   "models of an ensemble, each with a seed of its own: probabilities are their mean, of mixed "
                   "weighted by validation. The first is "
                   "that of a run without members; --resume trains none of them twice. The paper's 5. Default: 1, or "
                   "3 of each kind where the model is mixed")
      ->check(at_least(1))
      ->type_name("N");
  add_inputs(*command, arguments->options);
  add_seed(*command, arguments->options.seed, "initial weights, dropout, the order of cells and their augmentation");
  add_threads(*command, arguments->options.threads);
  add_device(*command, arguments->options.device);
  add_dense(*command, arguments->options.dense);
  command->add_flag("--deterministic", arguments->options.deterministic,
                    "the same weights to the bit, whatever --threads: so it is without asking, at no cost; --dense "
                    "then runs on one thread");
  add_json(*command, arguments->json);
  add_baselines(*command, arguments->baseline);
  add_optimisation(*command, arguments->options);
  add_networks(*command, *arguments);
  add_assay_noise(*command, arguments->options);
  add_targets(*command, arguments->options);
  command->callback([arguments, command] { run(*command, *arguments); });
}

}  // namespace sctab::cli
