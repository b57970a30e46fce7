#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sctab/evaluate/evaluation.hpp"
#include "sctab/evaluate/uncertainty.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/store/store.hpp"

namespace sctab::evaluate {

struct EvaluateOptions {
  store::Field group_by = store::Field::kTissueGeneral;  // any field but cell_type; cells without are "unknown"
  double min_genes_found = 0.1;                          // share of the model's genes that the store must have
  bool without_covariate = false;                        // as if no cell's level were known
  int threads = 0;                                       // that compute, as the classifier's; 0: all
};

/// How a model does on a split. Positions of labels are those of `labels`: the model's types, then those of the store
/// that the model lacks.
struct ModelEvaluation {
  Evaluation evaluation;
  std::vector<std::string> labels, ids;
  std::string covariate;                 // the column that the model sees in addition to the genes; empty: none
  core::CellIndex n_without_level = 0;   // cells without a level of it
  core::CellIndex n_cells = 0;           // of the split
  std::vector<Uncertainty> uncertainty;  // of the mean over the first 1, 2, … members
  std::vector<AbsentType> absent_types;  // by the calls of all members
};

/// Predicts every cell of the split and compares with the store's labels, joined by CL id. The store's genes may be
/// others than the model's, in another order: they are matched by id, and counts are scaled over the model's genes as
/// in annotate. A cell without counts in them has no call, with probability 0. A type of the store is known to the
/// model where it, or a subtype of it, had training cells (all of the model's types where its directory does not say).
/// A model with a covariate sees the store's own column of it. Shows progress. Throws InputError where the split is
/// empty, where the store has too few of the model's genes, and where the model's answer is not a number.
ModelEvaluation evaluate_model(const model::Classifier& model, const store::Store& store, store::Split split,
                               const EvaluateOptions& options = {});

}  // namespace sctab::evaluate
