#include "sctab/annotate/cell_levels.hpp"

#include <gtest/gtest.h>

namespace sctab::annotate {
namespace {

TEST(TissueNames, KnowIdsInAnyCase) {
  EXPECT_EQ(tissue_name("UBERON:0002048"), "lung");
  EXPECT_EQ(tissue_name("uberon:0000178"), "blood");
  EXPECT_EQ(tissue_name("UBERON:0000004"), "nose") << "the first";
  EXPECT_EQ(tissue_name("UBERON:0018707"), "bladder organ") << "the last";
}

TEST(TissueNames, AreEmptyForOtherTexts) {
  for (const char* text : {"", "lung", "UBERON", "UBERON:", "UBERON:2048", "UBERON:00020481", "CL:0000084"}) {
    EXPECT_EQ(tissue_name(text), "") << text;
  }
}

}  // namespace
}  // namespace sctab::annotate
