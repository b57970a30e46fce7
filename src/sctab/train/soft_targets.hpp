#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/train/plan.hpp"

namespace sctab::train {

/// How close types stand in the ontology: (n × n), row-major, symmetric, 0 to 1, with 1 on the diagonal. Of the terms
/// that two types are or lie below, the share that they have in common, each term by its information: the logarithm of
/// the number of types over that of those at or below it. Terms above all types tell none apart and count nothing, so
/// types that have only those in common are at 0. ids: of the types; a type that the ontology does not know is close to
/// none.
std::vector<double> closeness(std::span<const std::string> ids, const ontology::Ontology& ontology);

/// Targets of smoothed labels: (types × types), row-major, a row for each label that sums to 1. The label keeps
/// 1 - share; the rest is spread over the types with training cells, the label among them: evenly, or in proportion to
/// weights, which are closeness(). Empty weights: evenly. A label without training cells keeps all.
std::vector<double> soft_targets(std::span<const std::int64_t> cells_per_type, double share,
                                 std::span<const double> weights = {});

/// As the plan says, by the store's own ontology. Empty where the plan smoothes nothing.
std::vector<double> soft_targets(const store::Store& store, const TrainPlan& plan, const CorpusSize& size);

}  // namespace sctab::train
