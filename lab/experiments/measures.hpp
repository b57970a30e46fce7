#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/results.hpp"

namespace sctab::experiments {

/// Whether a trial of this model can have the measure. Which tissues, types and members there are only a run can tell.
bool may_measure(const ModelSpec& model, std::string_view measure);

/// Throws InputError naming the figure or finding that asks for a measure that no trial of its models can have, and
/// similar ones that they can have.
void check_measures(const std::string& source, const Recipe& recipe);

/// One line for each measure that a figure or finding asks for and none of its finished trials has, with similar ones
/// that exist: "figure 'Lungs': none of its finished trials has a value for 'tissue:lungs'; try tissue:lung".
std::vector<std::string> missing_measures(const Results& results);

}  // namespace sctab::experiments
