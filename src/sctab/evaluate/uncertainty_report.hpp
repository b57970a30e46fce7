#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "sctab/evaluate/uncertainty.hpp"

namespace sctab::evaluate {

/// by_members: of the mean over the first member, the first two, and so on. A list of {members, macro_f1,
/// auc_right_wrong, auc_known_absent, n_right, n_wrong, n_absent, expected_calibration_error, reliability [{lower,
/// upper, n_cells, mean_probability, share_right}]}. NaN becomes null.
nlohmann::json uncertainty_json(std::span<const Uncertainty> by_members);

/// A list of {label, cell_type_ontology_term_id, cells, auc_against_known, most_called, most_called_id,
/// cells_called_so}; the calls are null where that is no call. labels and ids: by position, as of the evaluation.
nlohmann::json absent_types_json(std::span<const AbsentType> absent, std::span<const std::string> labels,
                                 std::span<const std::string> ids);

/// uncertainty_json() for people: one row a number of members, and the reliability table of all of them, without empty
/// bins. NaN becomes "-". Ends with a line end.
std::string uncertainty_text(std::span<const Uncertainty> by_members);

}  // namespace sctab::evaluate
