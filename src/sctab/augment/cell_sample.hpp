#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augment {

/// The donors' codes of the training cells; -1 where the donor is not known.
std::vector<std::int32_t> known_donors(const store::Store& store);

using core::CellIndex;
using core::TypeIndex;

/// Draws n cells one after another, without replacement, each with a probability of one over the number of cells of its
/// type: rare types are taken whole before common ones take their place. types: a code for each cell, -1 = not to be
/// drawn. Returns ascending positions, fewer than n where there are not that many. Memory: 16 bytes a cell drawn.
std::vector<CellIndex> sample_evenly(std::span<const TypeIndex> types, std::int64_t n, core::Rng rng);

}  // namespace sctab::augment
