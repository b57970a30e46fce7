#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/model/architecture.hpp"

namespace sctab::train {

/// kPaper: the paper's values. kLibrary: those that the library behind the model has by default.
enum class Preset : std::uint8_t { kPaper, kLibrary };
/// Cross-entropy of the label itself, or of the label and its subtypes together: see training_loss().
enum class LossKind : std::uint8_t { kCrossEntropy, kHierarchical };
/// kEach: every cell once an epoch. kBalanced: see sampling_rates().
enum class Sampling : std::uint8_t { kEach, kBalanced };
/// Where label smoothing moves a target's mass: to types close to the label in the ontology, or to all alike.
enum class Smoothing : std::uint8_t { kOntology, kUniform };

/// The names of an enumeration's values, in their order, as they are given on the command line.
template <typename T>
inline constexpr std::array<std::string_view, 2> kNames = {};
template <>
inline constexpr std::array<std::string_view, 2> kNames<Preset> = {"paper", "library"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<LossKind> = {"cross-entropy", "hierarchical"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<Sampling> = {"each", "balanced"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<Smoothing> = {"ontology", "uniform"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<model::MaskType> = {name(model::MaskType::kEntmax),
                                                                            name(model::MaskType::kSparsemax)};
template <typename T>
requires(!kNames<T>.front().empty()) constexpr std::string_view name(T value) {
  return kNames<T>.at(static_cast<std::size_t>(value));
}

/// What to train and how. An option without a value is chosen by the preset or from the corpus's size; see kOptions for
/// each option's meaning, range and kinds.
struct TrainOptions {
  std::optional<model::ModelKind> kind = model::ModelKind::kTabnet;  // none: see choose_kind()
  std::optional<std::int64_t> members{};                             // networks of each kind for kMixed
  std::optional<Preset> preset{};

  std::optional<std::int64_t> batch_size{}, max_epochs{};
  std::optional<std::int64_t> n_d{}, n_a{}, n_steps{}, n_shared{}, n_independent{}, virtual_batch_size{};
  std::optional<std::int64_t> hidden_size{}, n_hidden{}, patience{};
  std::optional<double> learning_rate{}, weight_decay{}, lr_gamma{}, lambda_sparse{}, momentum{}, dropout{};
  std::optional<double> clip_norm{};
  std::optional<model::MaskType> mask_type{};
  std::optional<double> subtype_credit{};
  std::optional<LossKind> loss{};
  std::optional<double> gene_dropout{}, gene_noise{};
  std::optional<bool> class_weights{}, reestimate_batch_norm{};
  std::optional<Sampling> sampling{};
  std::optional<double> sampling_power{}, label_smoothing{};
  std::optional<Smoothing> smoothing{};
  std::optional<std::string> augment{}, covariate{};
  std::optional<double> covariate_dropout{};

  std::optional<std::int64_t> components{}, neighbours{}, xgb_rounds{}, xgb_max_depth{};
  std::optional<double> xgb_eta{}, xgb_subsample{};

  std::uint64_t seed = 1;
  // How the run goes: this changes what is learnt by rounding at most, and threads not even that.
  int threads = 0;  // 0: all
  bool resume = false;
  bool overwrite = false;  // replace a finished model
  kernels::Device device = kernels::Device::kCpu;
  double checkpoint_seconds = 600;  // between checkpoints inside an epoch
  /// Called after each step of a network with the epoch and the batches of it that are done.
  std::function<void(std::int64_t epoch, std::int64_t batches)> after_step{};
  /// Called with each member of a baseline trained, from 1.
  std::function<void(int number)> after_member{};

  [[nodiscard]] bool is_paper() const { return preset == Preset::kPaper; }
};

template <typename T>
using OptionalField = std::optional<T> TrainOptions::*;
using OptionField = std::variant<OptionalField<bool>, OptionalField<std::int64_t>, OptionalField<double>,
                                 OptionalField<std::string>, OptionalField<Preset>, OptionalField<LossKind>,
                                 OptionalField<Sampling>, OptionalField<Smoothing>, OptionalField<model::MaskType>>;

using model::OptionGroup;
using model::Range, model::at_least, model::from_to, model::from_below, model::above;
inline constexpr Range kNotANumber{};  // of options that are texts, choices or switches

/// Where help and docs list an option.
enum class Section : std::uint8_t { kModel, kInputs, kOptimisation, kTabnet, kMlp, kBeyond, kBaselines };
/// "TabNet (default: chosen from the corpus's size, and shown)".
std::string_view title(Section section);
inline constexpr auto kSections =
    std::to_array({Section::kModel, Section::kInputs, Section::kOptimisation, Section::kTabnet, Section::kMlp,
                   Section::kBeyond, Section::kBaselines});

struct Option {
  std::string_view name;  // "n-d": --n-d on the command line, n_d in recipes
  Section section;
  OptionGroup group;  // the kinds of model that take it: see model::kModelKinds
  OptionField field;
  Range range{};  // for numbers
  std::string_view by_default;
  std::string_view paper;  // the paper's value; empty where the paper has no such thing
  std::string_view help;
  std::string_view needs{};    // "sampling balanced": has no effect without it
  std::string_view library{};  // the default with --preset library, where it is another
  std::string_view texts{};    // "tissue|assay": what a text may be; empty: anything
};

/// Every training option, one row each. The command line, recipes, range checks, refusals and the tables in docs are
/// made from these rows.
inline constexpr Option kOptions[] = {
    {"preset", Section::kModel, OptionGroup::kPreset, &TrainOptions::preset, kNotANumber, "none", "",
     "paper: the paper's value for every option that is not given. library: XGBoost's own defaults"},
    {"members", Section::kModel, OptionGroup::kMembers, &TrainOptions::members, from_to(1, 1000),
     "1, or 3 of each kind for mixed", "5",
     "train an ensemble of this many models, each with its own seed; probabilities are their mean, for mixed weighted "
     "by validation. The first has the weights of a run without members; --resume keeps finished ones"},

    {"augment", Section::kInputs, OptionGroup::kNetwork, &TrainOptions::augment, kNotANumber, "none", "",
     "vectors made by `sctab augment make`: each training cell is moved by one of them, drawn again in each epoch"},
    {"covariate", Section::kInputs, OptionGroup::kNetwork, &TrainOptions::covariate, kNotANumber, "none", "",
     "a column of the store that networks see in addition to the genes. Files without it can be annotated too", "", "",
     "tissue|tissue_general|assay|disease"},
    {"covariate-dropout", Section::kInputs, OptionGroup::kNetwork, &TrainOptions::covariate_dropout, from_below(0, 1),
     "0.15", "",
     "share of the training cells whose covariate is hidden, drawn again in each epoch, so that files without it can "
     "be annotated",
     "covariate"},

    {"batch-size", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::batch_size, from_to(1, 1'000'000),
     "by corpus", "2048", "cells per step"},
    {"epochs", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::max_epochs, from_to(1, 1'000'000),
     "by corpus", "50", "passes over the training cells, at most"},
    {"patience", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::patience, from_to(1, 1'000'000),
     "by corpus", "", "epochs without a better validation macro F1 before training stops"},
    {"learning-rate", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::learning_rate, above(0, 1000),
     "by corpus", "0.005 (tabnet), 0.002 (mlp), 0.0005 (linear)", "AdamW's learning rate"},
    {"weight-decay", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::weight_decay, at_least(0),
     "by corpus", "0.05, linear 0.01", "AdamW's weight decay"},
    {"lr-gamma", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::lr_gamma, above(0, 1), "by corpus",
     "0.9", "factor on the learning rate after each epoch"},
    {"clip-norm", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::clip_norm, above(0), "1", "1",
     "largest norm of the gradient"},
    {"loss", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::loss, kNotANumber,
     "cross-entropy, hierarchical for mixed", "cross-entropy",
     "cross-entropy counts only the label itself; hierarchical also counts its subtypes"},
    {"subtype-credit", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::subtype_credit, above(0, 1),
     "1, 0.5 for mixed", "",
     "how much the probability of a subtype counts for its label in the hierarchical loss; below 1 a model keeps to "
     "coarse labels where little speaks for a subtype",
     "loss hierarchical"},
    {"class-weights", Section::kOptimisation, OptionGroup::kNetwork, &TrainOptions::class_weights, kNotANumber,
     "yes, no with --sampling balanced", "yes",
     "balance the types in the loss; with --sampling balanced, as far as sampling leaves them uneven"},

    {"n-d", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::n_d, model::range_of("n_d"), "by corpus", "128",
     "width of the embedding"},
    {"n-a", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::n_a, model::range_of("n_a"), "by corpus", "64",
     "width of the input to attention"},
    {"n-steps", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::n_steps, model::range_of("n_steps"), "1", "1",
     "decision steps"},
    {"n-shared", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::n_shared, model::range_of("n_shared"),
     "by corpus", "3", "GLU layers that all steps share"},
    {"n-independent", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::n_independent,
     model::range_of("n_independent"), "by corpus", "5", "GLU layers of each step"},
    {"virtual-batch-size", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::virtual_batch_size,
     model::range_of("virtual_batch_size"), "by corpus", "256", "cells that ghost batch norm sees at once"},
    {"momentum", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::momentum, model::range_of("momentum"), "0.02",
     "0.02", "momentum of ghost batch norm"},
    {"lambda-sparse", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::lambda_sparse, at_least(0), "1e-5", "1e-5",
     "weight of the masks' sparsity in the loss"},
    {"mask-type", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::mask_type, kNotANumber, "entmax", "entmax",
     "activation of the attention masks"},
    {"reestimate-batch-norm", Section::kTabnet, OptionGroup::kTabnet, &TrainOptions::reestimate_batch_norm, kNotANumber,
     "by corpus", "no",
     "estimate batch norm statistics again over training cells before each validation: running averages lag behind "
     "when an epoch has few steps"},

    {"n-hidden", Section::kMlp, OptionGroup::kMlp, &TrainOptions::n_hidden, model::range_of("n_hidden"), "by corpus",
     "8", "hidden layers"},
    {"hidden-size", Section::kMlp, OptionGroup::kMlp, &TrainOptions::hidden_size, model::range_of("hidden_size"), "128",
     "128", "width of a hidden layer"},
    {"dropout", Section::kMlp, OptionGroup::kMlp, &TrainOptions::dropout, model::range_of("dropout"), "0.1", "0.1",
     "share of a hidden layer that is dropped"},

    {"gene-dropout", Section::kBeyond, OptionGroup::kNetwork, &TrainOptions::gene_dropout, from_below(0, 1), "0", "",
     "training cells lose genes, each cell a share drawn from 0 to X in each epoch, as in assays that capture less"},
    {"gene-noise", Section::kBeyond, OptionGroup::kNetwork, &TrainOptions::gene_noise, from_to(0, 5), "0", "",
     "genes' counts are multiplied by factors drawn for each batch; the standard deviation of their logarithm is drawn "
     "from 0 to X, as between assays"},
    {"sampling", Section::kBeyond, OptionGroup::kNetwork, &TrainOptions::sampling, kNotANumber, "each", "each",
     "balanced: show cells of rare types more often and of frequent ones less often, in epochs of the same mean "
     "length. each: show every cell once"},
    {"sampling-power", Section::kBeyond, OptionGroup::kNetwork, &TrainOptions::sampling_power, above(0, 1), "0.5", "",
     "a cell of a type with n cells is shown in proportion to n^-X; 1: all types alike", "sampling balanced"},
    {"label-smoothing", Section::kBeyond, OptionGroup::kNetwork, &TrainOptions::label_smoothing, from_below(0, 1), "0",
     "", "share of each target that is taken from the label and spread over types"},
    {"smoothing", Section::kBeyond, OptionGroup::kNetwork, &TrainOptions::smoothing, kNotANumber, "ontology", "",
     "types that label smoothing spreads to. ontology: those close to the label in the Cell Ontology, the closer the "
     "more. uniform: all that have training cells",
     "label-smoothing"},

    {"components", Section::kBaselines, OptionGroup::kComponents, &TrainOptions::components, from_to(1, 2000), "256",
     "256", "principal components that the model sees"},
    {"neighbours", Section::kBaselines, OptionGroup::kNeighbours, &TrainOptions::neighbours, from_to(1, 1000), "15", "",
     "training cells that vote on the type of a cell, the nearer the more"},
    {"xgb-rounds", Section::kBaselines, OptionGroup::kXgboost, &TrainOptions::xgb_rounds, from_to(1, 1'000'000), "800",
     "800", "rounds of boosting, each with one tree per type, at most", "", "100"},
    {"xgb-eta", Section::kBaselines, OptionGroup::kXgboost, &TrainOptions::xgb_eta, above(0, 1), "0.05", "0.05",
     "XGBoost's learning rate", "", "0.3"},
    {"xgb-max-depth", Section::kBaselines, OptionGroup::kXgboost, &TrainOptions::xgb_max_depth, from_to(1, 30), "10",
     "10", "depth of XGBoost's trees", "", "6"},
    {"xgb-subsample", Section::kBaselines, OptionGroup::kXgboost, &TrainOptions::xgb_subsample, above(0, 1), "0.75",
     "0.75", "share of the cells that a round of boosting sees", "", "1"},
};

/// The value of an option, as JSON and recipes have it; an enumeration is its name.
using OptionValue = std::variant<bool, std::int64_t, double, std::string>;
/// None where it was not given.
std::optional<OptionValue> value(const TrainOptions& options, const Option& option);
/// Throws InputError naming the option where the value has another type or is not one of choices().
void set(TrainOptions& options, const Option& option, const OptionValue& value);
/// The same from text: "0.05", "hierarchical".
void set_from_text(TrainOptions& options, const Option& option, const std::string& text);
void reset(TrainOptions& options, const Option& option);

bool is_switch(const Option& option);  // --x and --no-x
/// The names of an enumeration; empty for other options.
std::vector<std::string_view> choices(const Option& option);
/// "N", "X", "entmax|sparsemax", "TEXT"; empty for a switch.
std::string type_name(const Option& option);
/// "a whole number of 1 or more", "a number above 0 and up to 1", "entmax or sparsemax".
std::string expected(const Option& option);

/// Whether the kind takes the option. No kind: one is chosen, a network or a mixed ensemble.
bool takes(std::optional<model::ModelKind> kind, const Option& option);
/// "--n-d", or the option's name in a recipe, "n_d".
std::string command_line_name(const Option& option);
std::string recipe_name(const Option& option);
/// The row that an error is about: the one whose command line name is its subject. Null where there is none.
const Option* find_option(std::string_view command_line_name);

/// Throws InputError: the option is one of other kinds.
[[noreturn]] void refuse_kind(std::optional<model::ModelKind> kind, const Option& option);
/// Throws InputError naming the first option that is out of range or that the kind does not take.
void check(const TrainOptions& options);
/// Throws InputError naming the first option that has no effect without another one.
void check_needs(const TrainOptions& options);
/// The options with a value for each option of the baselines that the kind takes: the one given, or its default.
TrainOptions with_baseline_defaults(TrainOptions options);
/// The options without those that `kind` does not take, for `kind`.
TrainOptions options_for(model::ModelKind kind, TrainOptions options);
/// What was given of the options that the kind takes, by recipe name.
nlohmann::json to_json(const TrainOptions& options);

/// The tables of docs in Markdown, one a section.
std::string options_markdown(std::span<const Section> sections);

}  // namespace sctab::train
