#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "sctab/evaluate/evaluation.hpp"

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

}  // namespace sctab::evaluate
