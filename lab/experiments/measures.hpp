#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// Whether a trial of this model may measure that. Of tissues, types and numbers of members only a run can tell.
bool may_measure(const ModelSpec& model, std::string_view measure);

/// Throws InputError naming the figure or finding that asks for a measure which no trial of its models can have, and
/// the nearest that they can.
void check_measures(const std::string& source, const Recipe& recipe);

/// One line for each measure that a figure or finding asks for and none of its finished trials has a number for, with
/// the nearest that there are: "figure 'Lungs': no finished trial of it has a number for 'tissue:lungs'; …".
std::vector<std::string> missing_measures(const Results& results);

}  // namespace sctab::experiments
