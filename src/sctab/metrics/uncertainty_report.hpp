#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "sctab/metrics/uncertainty.hpp"

namespace sctab::metrics {

/// by_members: of the mean over the first member, the first two, and so on. A list of {members, macro_f1,
/// auc_right_wrong, auc_known_absent, n_right, n_wrong, n_absent, expected_calibration_error, reliability [{lower,
/// upper, n_cells, mean_probability, share_right}]}. NaN becomes null.
nlohmann::json uncertainty_json(std::span<const Uncertainty> by_members);

/// The same for people: one row a number of members, and the reliability table of all of them, without empty bins.
/// NaN becomes "-". Ends with a line end.
std::string uncertainty_text(std::span<const Uncertainty> by_members);

}  // namespace sctab::metrics
