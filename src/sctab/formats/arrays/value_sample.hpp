#pragma once

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/value_summary.hpp"

namespace sctab::arrays {

/// What the numbers look like, from at most some four million of them, in stretches or blocks spread evenly over the
/// array: all of it where it has no more. Throws InputError where they cannot be read.
formats::ValueSummary sample_values(NumberArray& values);
formats::ValueSummary sample_values(NumberMatrix& values);

}  // namespace sctab::arrays
