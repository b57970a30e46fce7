#include "sctab/baselines/celltypist.hpp"

#include <gtest/gtest.h>

namespace sctab::baselines {
namespace {

TEST(SelectGenes, TakesTheUnionOfEachTypesLargestWeights) {
  // Five genes, three types, of which the last has no training cells.
  const std::vector<float> weight = {3,  0, 9,  //
                                     -4, 1, 9,  //
                                     0,  1, 9,  //
                                     1,  1, 9,  //
                                     0,  2, 99};
  const std::vector<float> cells = {5, 5, 0};
  EXPECT_EQ(select_genes(weight, cells, 1), (std::vector<bool>{false, true, false, false, true}));
  // Of the second type's equal weights the first is taken.
  EXPECT_EQ(select_genes(weight, cells, 2), (std::vector<bool>{true, true, false, false, true}));
  EXPECT_EQ(select_genes(weight, cells, 300), std::vector<bool>(5, true));
}

}  // namespace
}  // namespace sctab::baselines
