#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "sctab/store/epoch_plan.hpp"

namespace sctab::store::tests {

/// The rank's rows in the order in which its batches take them.
inline std::vector<CellIndex> rows_of(const EpochPlan& plan) {
  std::vector<CellIndex> rows;
  for (std::int64_t w = 0; w < plan.n_windows(); ++w) {
    EXPECT_EQ(static_cast<CellIndex>(rows.size()), plan.window_begin(w));
    const auto blocks = plan.window_blocks(w);
    for (const WindowRow at : plan.window_order(w)) {
      rows.push_back(blocks[static_cast<std::size_t>(at.block)].begin + at.row);
    }
  }
  EXPECT_EQ(static_cast<CellIndex>(rows.size()), plan.batch_begin(plan.n_batches()));
  return rows;
}

}  // namespace sctab::store::tests
