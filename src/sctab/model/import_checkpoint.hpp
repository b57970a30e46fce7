#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sctab/formats/torch_checkpoint/hparams.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/ontology/match_labels.hpp"

namespace sctab::model {

struct ImportOptions {
  std::filesystem::path checkpoint;  // .ckpt of PyTorch Lightning
  std::filesystem::path hparams;     // the hparams.yaml published with it
  std::filesystem::path genes;       // var, Parquet or csv: Ensembl ids in the order of the network's inputs
  std::filesystem::path labels;      // categorical_lookup/cell_type, Parquet or csv
  std::filesystem::path ontology;    // cl.obo or cl.json; may be empty where `labels` has ids
  std::filesystem::path output;      // the model directory
  bool overwrite = false;            // replace a finished model there
};

struct ImportResult {
  std::filesystem::path model;  // the model directory
  Architecture architecture;
  std::vector<ontology::MatchedLabel> labels;  // in the order of the network's outputs
  std::string ontology_version;                // empty where there is none
};
nlohmann::json to_json(const ImportResult& result);

/// The network that they describe: tabnet if there is an n_d, mlp if there is a hidden_size, else linear. Throws
/// InputError naming file and key.
Architecture architecture_of(const torch_checkpoint::Hparams& hparams);

/// Makes a model directory of a published scTab checkpoint (tabnet, mlp or linear), whole or not at all. Nothing in the
/// checkpoint is executed; class weights, metrics, optimiser state and the augmentation vectors are not read. Throws
/// InputError naming the file where the files do not belong together, a tensor is missing, unknown, damaged or not
/// finite, tied weights differ, or no label matches a term, and as core::StagedFolder does.
ImportResult import_checkpoint(const ImportOptions& options);

}  // namespace sctab::model
