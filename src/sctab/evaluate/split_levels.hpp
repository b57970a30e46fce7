#pragma once

#include <optional>
#include <string_view>

#include "sctab/model/covariate.hpp"
#include "sctab/store/store.hpp"

namespace sctab::evaluate {

/// The covariate that a column of the store is: its levels are the values that training cells have. Throws InputError
/// naming the columns that can be one, and if training cells have fewer than two values of it.
model::Covariate find_covariate(const store::Store& store, std::string_view column);

/// The levels of a split's cells by the store's column of the covariate, if there is one. A value that is not one of
/// its levels, in a store that it was not made for, counts as none.
model::CellLevels split_levels(const store::Store& store, store::Split split,
                               const std::optional<model::Covariate>& covariate);

}  // namespace sctab::evaluate
