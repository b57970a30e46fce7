#include "sctab/train/model_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/evaluate/evaluation_report.hpp"
#include "sctab/evaluate/seen_donors.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/nn/network_state.hpp"

namespace sctab::train {
namespace {

nlohmann::json member_json(const TrainResult& result) {
  return {{"kind", model::name(result.kind)},
          {"seed", result.seed},
          {"epochs", result.epochs},
          {"best_epoch", result.best_epoch},
          {"best_val_macro_f1", result.best_val_macro_f1}};
}

/// Each reason once: the members' plans agree in most.
std::vector<std::string> joint_reasons(std::span<const TrainPlan> plans) {
  std::vector<std::string> reasons;
  for (const TrainPlan& plan : plans) {
    for (const std::string& reason : plan.reasons) {
      if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
    }
  }
  return reasons;
}

nlohmann::json training_json(const TrainingFacts& facts, std::span<const TrainedMember> members) {
  nlohmann::json json = corpus_json(facts.store, facts.size);
  json["reasons"] = joint_reasons(facts.plans);
  const bool mixed = joint_architecture(facts.plans).kind == model::ModelKind::kMixed;
  if (!mixed) json["plan"] = to_json(facts.plans.front());
  if (members.size() == 1) {
    json.update(member_json(members.front().result));
    for (const char* key : {"kind", "seed"}) json.erase(key);  // the plan's
    return json;
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    json["members"].push_back(member_json(members[i].result));
    if (mixed) json["members"].back()["plan"] = to_json(facts.plans[i]);
  }
  return json;
}

/// The weights of a mixed ensemble's members. One kind may do far worse than another on a corpus, which the validation
/// donors show: a member weighs by the 8th power of its validation macro F1, so that a tenth less counts for half.
/// Empty without validation cells. docs/small-corpora.md has what it is worth.
std::vector<double> member_weights(std::span<const TrainedMember> members) {
  constexpr double kPower = 8, kLeastScore = 0.01;
  std::vector<double> weights;
  for (const TrainedMember& member : members) {
    const double score = member.result.best_val_macro_f1;
    if (std::isnan(score)) return {};
    weights.push_back(std::pow(std::max(score, kLeastScore), kPower));
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= total;
  return weights;
}

model::ModelDescription describe(const TrainingFacts& facts, std::span<const TrainedMember> members, std::string name) {
  model::ModelDescription description = describe_store(facts.store, std::move(name), members.size());
  description.architecture = joint_architecture(facts.plans);
  description.covariate = facts.plans.front().covariate;
  if (facts.plans.front().weigh_members) description.member_weights = member_weights(members);
  description.training = training_json(facts, members);
  for (std::size_t i = 0; i < description.member_weights.size(); ++i) {
    description.training["members"][i]["weight"] = description.member_weights[i];
  }
  return description;
}

/// "metrics.jsonl", or "member-1.jsonl" of an ensemble.
std::filesystem::path log_name(const TrainedMember& member, std::size_t i, std::size_t n_members) {
  return n_members == 1 ? member.folder.metrics().filename() : std::filesystem::path(fmt::format("member-{}.jsonl", i));
}

}  // namespace

model::ModelDescription describe_store(const store::Store& store, std::string name, std::size_t n_members) {
  model::ModelDescription description;
  description.name = std::move(name);
  description.genes = store.genes();
  for (const auto& [label, id] : store.tables().cell_types) description.cell_types.push_back({label, id});
  description.ontology = store.ontology();
  if (n_members > 1) description.members.clear();
  for (std::size_t i = 1; n_members > 1 && i <= n_members; ++i) {
    description.members.push_back(fmt::format("member-{}.safetensors", i));
  }
  return description;
}

nlohmann::json corpus_json(const store::Store& store, const CorpusSize& size) {
  return {{"store", store.directory().filename().string()},
          {"store_hash", store.hash()},
          {"n_train_cells", size.n_train},
          {"n_val_cells", size.n_val},
          {"n_types_trained", size.n_types_trained()},
          {"cells_per_type", size.cells_per_type},
          {evaluate::kDonorHashes, evaluate::donor_hashes(store)}};
}

double write_description_with_metrics(const std::filesystem::path& model, model::ModelDescription description,
                                      const store::Store& store, int threads) {
  model::write_description(model, description);
  if (store.n_cells(store::Split::kVal) == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto classifier = model::Classifier::load(model, {.threads = threads});
  const auto scores = evaluate::evaluate_model(classifier, store, store::Split::kVal, {.threads = threads});
  description.metrics = evaluate::evaluation_json(scores.evaluation, scores.labels, scores.ids);
  description.metrics["split"] = store::name(store::Split::kVal);
  model::write_description(model, description);
  return scores.evaluation.corrected.macro_f1;
}

TrainResult write_model(const TrainingFacts& facts, std::span<const TrainedMember> members,
                        const std::filesystem::path& out) {
  SCTAB_ASSERT(!members.empty());
  core::StagedFolder staged(out, model::model_folder(), facts.overwrite);
  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model / "run");
  const model::ModelDescription description = describe(facts, members, staged.target().filename().string());
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::filesystem::copy_file(members[i].folder.metrics(),
                               model / "run" / log_name(members[i], i + 1, members.size()));
    nn::save_weights(model / description.members[i], members[i].network->state());
  }
  const double macro_f1 = write_description_with_metrics(model, description, facts.store, facts.threads);
  TrainResult result = members.front().result;
  result.kind = description.architecture.kind;
  for (std::size_t i = 0; members.size() > 1 && i < members.size(); ++i) result.members.push_back(members[i].result);
  if (members.size() > 1) result.best_val_macro_f1 = macro_f1;
  staged.commit();
  return result;
}

}  // namespace sctab::train
