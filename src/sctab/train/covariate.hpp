#pragma once

#include <string_view>

#include "sctab/model/covariate.hpp"
#include "sctab/store/store.hpp"

namespace sctab::train {

/// The covariate that a column of the store is: its levels are the values that training cells have. Throws InputError
/// naming the columns that can be one, and where training cells have fewer than two values of it.
model::Covariate find_covariate(const store::Store& store, std::string_view column);

}  // namespace sctab::train
