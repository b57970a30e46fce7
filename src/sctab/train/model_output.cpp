#include "sctab/train/model_output.hpp"

#include <nlohmann/json.hpp>

#include "sctab/core/staged_output.hpp"
#include "sctab/metrics/evaluation_report.hpp"
#include "sctab/nn/classifier.hpp"
#include "sctab/nn/model_directory.hpp"
#include "sctab/nn/weights.hpp"
#include "sctab/train/evaluate.hpp"

namespace sctab::train {
namespace {

nlohmann::json training_json(const TrainingFacts& facts) {
  return {{"store", facts.store.directory().filename().string()},
          {"store_hash", facts.store.hash()},
          {"n_train_cells", facts.size.n_train},
          {"n_val_cells", facts.size.n_val},
          {"n_types_trained", facts.size.n_types_trained()},
          {"epochs", facts.result.epochs},
          {"best_epoch", facts.result.best_epoch},
          {"best_val_macro_f1", facts.result.best_val_macro_f1},
          {"plan", to_json(facts.plan)},
          {"reasons", facts.plan.reasons}};
}

nn::ModelDescription describe(const TrainingFacts& facts, std::string name) {
  nn::ModelDescription description;
  description.name = std::move(name);
  description.architecture = facts.plan.architecture;
  description.genes = facts.store.genes();
  for (const auto& [label, id] : facts.store.tables().cell_types) description.cell_types.push_back({label, id});
  description.ontology = facts.store.ontology();
  description.training = training_json(facts);
  return description;
}

nlohmann::json validation_metrics(const std::filesystem::path& model, const TrainingFacts& facts) {
  const auto classifier = nn::Classifier::load(model, {.threads = facts.threads});
  const auto scores = evaluate_model(classifier, facts.store, store::Split::kVal, {.threads = facts.threads});
  nlohmann::json json = metrics::evaluation_json(scores.evaluation, scores.labels, scores.ids);
  json["split"] = store::name(store::Split::kVal);
  return json;
}

}  // namespace

void write_model(const TrainingFacts& facts, const nn::Network& network, const RunFolder& folder,
                 const std::filesystem::path& out) {
  core::StagedOutput staged(out);
  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model / "run");
  std::filesystem::copy_file(folder.metrics(), model / "run" / folder.metrics().filename());
  nn::ModelDescription description = describe(facts, staged.target().filename().string());
  nn::save_weights(model / description.members.front(), network);
  nn::write_description(model, description);
  if (facts.size.n_val > 0) {
    description.metrics = validation_metrics(model, facts);
    nn::write_description(model, description);
  }
  staged.commit();
}

}  // namespace sctab::train
