#include "sctab/train/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/kernels/backend.hpp"
#include "sctab/train/train_kinds.hpp"

namespace sctab::train {

Fit fit_xgboost, fit_pca_linear, fit_celltypist, fit_centroid, fit_knn;  // each in its own file

namespace {

using model::ModelKind;

constexpr auto kTrainKinds = std::to_array<TrainKind>({
    {ModelKind::kTabnet, nullptr},
    {ModelKind::kMlp, nullptr},
    {ModelKind::kLinear, nullptr},
    {ModelKind::kMixed, nullptr},
    {ModelKind::kXgboost, fit_xgboost},
    {ModelKind::kPcaLinear, fit_pca_linear},
    {ModelKind::kCelltypist, fit_celltypist},
    {ModelKind::kCentroid, fit_centroid},
    {ModelKind::kKnn, fit_knn},
});

bool is_baseline(const TrainResult& result) {
  return !model::is_network(result.kind) && result.kind != model::ModelKind::kMixed;
}

nlohmann::json one_to_json(const TrainResult& result) {
  nlohmann::json json = {{"kind", model::name(result.kind)},
                         {"seed", result.seed},
                         {"best_val_macro_f1", core::json_number(result.best_val_macro_f1)}};
  if (is_baseline(result)) {
    json["seconds"] = result.seconds;
    if (!result.facts.is_null()) json["training"] = result.facts;
  } else {
    json["epochs"] = result.epochs;
    json["best_epoch"] = result.best_epoch;
    json["cells_per_second"] = result.cells_per_second;
  }
  return json;
}

std::string one_to_text(const TrainResult& result) {
  const bool has_score = !std::isnan(result.best_val_macro_f1);
  if (is_baseline(result)) {
    const std::string score = has_score ? fmt::format("validation macro F1 {:.4f}", result.best_val_macro_f1)
                                        : std::string("no validation cells");
    return fmt::format("{}; {:.1f} s", score, result.seconds);
  }
  const std::string score = has_score ? fmt::format("validation macro F1 {:.4f} at epoch {} of {}",
                                                    result.best_val_macro_f1, result.best_epoch, result.epochs)
                                      : fmt::format("no validation cells; the weights of epoch {}", result.epochs);
  return fmt::format("{}; {} cells/s", score, core::format_count(static_cast<std::int64_t>(result.cells_per_second)));
}

}  // namespace

const TrainKind* find_train_kind(ModelKind kind) {
  const auto* const found = std::ranges::find(kTrainKinds, kind, &TrainKind::kind);
  return found == kTrainKinds.end() ? nullptr : found;
}

TrainResult train(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out) {
  (void)kernels::backend(options.device);  // refused before anything is made
  check(options);
  if (!options.kind) return train_networks(store, options, out);
  const TrainKind* kind = find_train_kind(*options.kind);
  SCTAB_ASSERT(kind != nullptr);
  return kind->fit == nullptr ? train_networks(store, options, out) : train_baseline(store, options, *kind->fit, out);
}

nlohmann::json to_json(const TrainResult& result) {
  nlohmann::json json = one_to_json(result);
  for (const TrainResult& member : result.members) json["members"].push_back(one_to_json(member));
  return json;
}

std::string to_text(const TrainResult& result) {
  if (result.members.empty()) return one_to_text(result);
  std::string text;
  for (const TrainResult& member : result.members) {
    text += fmt::format("{}, seed {}: {}\n", model::name(member.kind), member.seed, one_to_text(member));
  }
  text += fmt::format("mean of {} members: validation macro F1 {}", result.members.size(),
                      core::format_score(result.best_val_macro_f1));
  if (is_baseline(result)) text += fmt::format("; {:.1f} s", result.seconds);
  return text;
}

}  // namespace sctab::train
