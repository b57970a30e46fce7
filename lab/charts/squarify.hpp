#pragma once

#include <span>
#include <vector>

#include "lab/charts/svg.hpp"

namespace sctab::charts {

/// Rectangles that fill `area`, each in proportion to its size and as close to a square as possible: the squarified
/// treemap of Bruls, Huizing and van Wijk. sizes: >= 0. Returns one rectangle per size, in the same order; those of
/// size 0 are empty.
std::vector<Rect> squarify(std::span<const double> sizes, const Rect& area);

}  // namespace sctab::charts
