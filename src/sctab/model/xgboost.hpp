#pragma once

#include <cstddef>
#include <vector>

#include "sctab/model/type_scores.hpp"

namespace sctab::model {

// xgboost: trees on principal components. Arrays: those of add_pca(), "cells_per_type" and kBooster, libxgboost's own
// format.
inline constexpr const char* kBooster = "booster";

/// libxgboost wants labels without gaps: the types that have training cells, in order.
struct BoosterClasses {
  std::vector<int> class_of_type;  // -1: none
  std::vector<std::size_t> type_of_class;

  explicit BoosterClasses(const CellsPerType& cells_per_type) {
    for (std::size_t type = 0; type < cells_per_type.size(); ++type) {
      class_of_type.push_back(cells_per_type[type] > 0 ? static_cast<int>(type_of_class.size()) : -1);
      if (cells_per_type[type] > 0) type_of_class.push_back(type);
    }
  }
};

}  // namespace sctab::model
