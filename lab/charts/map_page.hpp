#pragma once

#include "lab/charts/page.hpp"
#include "sctab/augment/check.hpp"
#include "sctab/store/store.hpp"

namespace sctab::charts {

/// R² of raw and augmented cells, explained by cell type, by donor and by both.
Table r_squared_table(const augment::CheckResult& result);

/// R² of raw and augmented cells, and the cells of the map before and after, coloured by cell type and by donor, all on
/// the same axes. Draws the first 2,500 cells, which are a random sample.
Page map_page(const augment::CheckResult& result, const store::Store& store);

}  // namespace sctab::charts
