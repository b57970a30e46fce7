#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "sctab/evaluate/evaluate_model.hpp"

namespace sctab::evaluate {

/// labels and ids: of each label position. Keys: macro_f1, weighted_f1, micro_f1 (corrected), the same three with
/// _uncorrected, n_cells, per_type [{label, id, f1, precision, recall, n_true, n_predicted}] (corrected, all labels in
/// order), per_tissue {group: {macro_f1, weighted_f1, micro_f1, n_cells}} (corrected) and confusion {labels, matrix
/// (truth-major), no_call (of each truth)} (as predicted). NaN becomes null.
nlohmann::json evaluation_json(const Evaluation& evaluation, std::span<const std::string> labels,
                               std::span<const std::string> ids);

/// The same for people: the scores, a table of the types seen (most cells first), one of groups (named by group_name),
/// and the most frequent confusions that the ontology leaves wrong. NaN becomes "-". Ends with a line end.
std::string evaluation_text(const Evaluation& evaluation, std::span<const std::string> labels,
                            std::span<const std::string> ids, const std::string& group_name = "tissue");

/// by_members: of the mean over the first member, the first two, and so on. A list of {members, macro_f1,
/// auc_right_wrong, auc_known_absent, n_right, n_wrong, n_absent, expected_calibration_error, reliability [{lower,
/// upper, n_cells, mean_probability, share_right}]}. NaN becomes null.
nlohmann::json uncertainty_json(std::span<const Uncertainty> by_members);

/// A list of {label, cell_type_ontology_term_id, cells, auc_against_known, most_called, most_called_id,
/// cells_called_so}; a call is null if there is none. labels and ids: by position, as of the evaluation.
nlohmann::json absent_types_json(std::span<const AbsentType> absent, std::span<const std::string> labels,
                                 std::span<const std::string> ids);

/// uncertainty_json() for people: one row a number of members, and the reliability table of all of them, without empty
/// bins. NaN becomes "-". Ends with a line end.
std::string uncertainty_text(std::span<const Uncertainty> by_members);

/// All of the above: evaluation_json() with the keys uncertainty, absent_types and, for a model with a covariate,
/// covariate {column, cells_without_level}.
nlohmann::json to_json(const ModelEvaluation& result);
/// The same for people. Ends with a line end.
std::string to_text(const ModelEvaluation& result);

}  // namespace sctab::evaluate
