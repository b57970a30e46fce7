#pragma once

#include <span>
#include <vector>

#include "lab/charts/svg.hpp"

namespace sctab::charts {

/// Rectangles that fill `area`, each in proportion to its size, as near to squares as may be: Bruls, Huizing and van
/// Wijk's squarified treemap. Sizes must not fall below 0; one in the order given for each; a size of 0 gets an empty
/// rectangle, and all do where no size is above 0.
std::vector<Rect> squarify(std::span<const double> sizes, const Rect& area);

}  // namespace sctab::charts
