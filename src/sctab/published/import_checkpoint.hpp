#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sctab/formats/torch_checkpoint/hparams.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/published/label_join.hpp"

namespace sctab::published {

struct ImportOptions {
  std::filesystem::path checkpoint;  // .ckpt of PyTorch Lightning
  std::filesystem::path hparams;     // the hparams.yaml beside it
  std::filesystem::path genes;       // var, Parquet or csv: Ensembl ids in the order of the network's inputs
  std::filesystem::path labels;      // categorical_lookup/cell_type, Parquet or csv
  std::filesystem::path ontology;    // cl.obo or cl.json; may be empty where the labels have ids beside them
  std::filesystem::path output;      // the model directory
};

struct ImportResult {
  model::Architecture architecture;
  std::vector<JoinedLabel> labels;  // in the order of the network's outputs
  std::string ontology_version;     // empty where there is none
};

/// The network that they describe: tabnet if there is an n_d, mlp if there is a hidden_size, else linear. Throws
/// InputError naming file and key.
model::Architecture architecture(const torch_checkpoint::Hparams& hparams);

/// Makes a model directory of a published scTab checkpoint (tabnet, mlp or linear), whole or not at all. Nothing of the
/// checkpoint is executed; class weights, metrics, optimiser state and the augmentation vectors are not read. Throws
/// InputError naming the file where the files do not belong together, a tensor is missing, unknown or damaged, tied
/// weights differ, or no label joins a term.
ImportResult import_checkpoint(const ImportOptions& options);

}  // namespace sctab::published
