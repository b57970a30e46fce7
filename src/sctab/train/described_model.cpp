#include "sctab/train/described_model.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/evaluate/evaluation_report.hpp"
#include "sctab/evaluate/seen_donors.hpp"
#include "sctab/model/classifier.hpp"

namespace sctab::train {

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

}  // namespace sctab::train
