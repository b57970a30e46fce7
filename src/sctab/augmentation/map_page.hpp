#pragma once

#include "sctab/augmentation/check.hpp"
#include "sctab/report/page.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augmentation {

/// R² of raw and of augmented cells, and the cells of the map before and after, coloured by cell type and by donor: all
/// pictures on the same axes. Of more than 2,500 cells the first are drawn, which are a random part.
report::Page map_page(const CheckResult& result, const store::Store& store);

}  // namespace sctab::augmentation
