#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "sctab/model/model_directory.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

// What networks and baselines say alike of how a model came to be.

/// Name, genes, cell types, ontology and the names of the members' files, of a model trained on the store.
model::ModelDescription describe_store(const store::Store& store, std::string name, std::size_t n_members);

/// The store and how many cells of it were for what: the first keys of ModelDescription::training.
nlohmann::json corpus_json(const store::Store& store, const CorpusSize& size);

/// Writes the description into a model directory whose weights are there; where there are validation cells, has the
/// model as written predict them and writes it again with its metrics. Returns their macro F1, ontology-corrected, or
/// NaN.
double write_description_with_metrics(const std::filesystem::path& model, model::ModelDescription description,
                                      const store::Store& store, int threads);

}  // namespace sctab::train
