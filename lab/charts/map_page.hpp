#pragma once

#include "lab/charts/page.hpp"
#include "sctab/augment/check.hpp"
#include "sctab/store/store.hpp"

namespace sctab::charts {

/// R² of raw and of augmented cells, and the cells of the map before and after, coloured by cell type and by donor: all
/// pictures on the same axes. Of more than 2,500 cells the first are drawn, which are a random part.
charts::Page map_page(const augment::CheckResult& result, const store::Store& store);

}  // namespace sctab::charts
