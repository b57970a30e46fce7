#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/train/plan.hpp"

namespace sctab::train {

/// Of --sampling-power, where it is not given.
inline constexpr double kSamplingPower = 0.5;
/// A cell is shown no more often than this in an epoch, in the mean: what twenty cells say twenty times is learnt by
/// heart.
inline constexpr double kMostShown = 10;

/// How often balanced sampling shows a cell of each type in an epoch, in the mean: in proportion to n^-power, for a
/// type of n training cells, but kMostShown at most; scaled such that the epoch's mean length stays the number of
/// cells. power: 0 shows all cells once, 0.5 a type in proportion to the root of its cells, 1 all types alike. Types
/// without cells have rate 0.
std::vector<double> sampling_rates(std::span<const std::int64_t> cells_per_type, double power);

/// The weight of a cell of each type in a loss in which all types are to weigh the same, where an epoch shows n·rate
/// cells of a type; the mean over the cells shown is 1. Types without cells weigh 0. Rates of 1 give
/// evaluate::balanced_class_weights().
std::vector<double> balanced_weights(std::span<const std::int64_t> cells_per_type, std::span<const double> rates);

/// How often each type is shown, as the plan says: for store::LoaderOptions::copies_per_type.
std::vector<double> copies_per_type(const CorpusSize& size, const TrainPlan& plan);

}  // namespace sctab::train
