#include "sctab/store/spool.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sctab::store {
namespace {

CellObs some_obs() {
  CellObs obs;
  obs.codes = {3, -1, 200, 0, 70'000, 1, 2};
  obs.source_row = 9'000'000'000;
  return obs;
}

struct Case {
  std::vector<GeneIndex> genes;
  std::vector<float> counts;
  bool integers;
};

TEST(CellCodec, GivesBackWhatItTook) {
  const float largest = std::numeric_limits<float>::max();
  const std::vector<Case> cases = {
      {{}, {}, true},
      {{0}, {1}, true},
      {{0, 1, 127, 128, 129, 60'000, 2'000'000'000}, {1, 2, 127, 128, 129, 16'384, 65'535}, true},
      {{5, 6}, {65'536, 1}, false},
      {{5, 6}, {0.5F, 3}, false},
      {{5}, {largest}, false},
  };
  std::vector<std::byte> bytes;
  std::vector<std::size_t> begins;
  for (const Case& given : cases) {
    begins.push_back(bytes.size());
    EXPECT_EQ(encode_cell({given.genes, given.counts}, some_obs(), bytes), given.integers);
  }
  DecodedCell cell;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto rest = std::span(bytes).subspan(begins[i]);
    decode_cell(rest, cell);
    EXPECT_EQ(cell.genes, cases[i].genes);
    EXPECT_EQ(cell.counts, cases[i].counts);
    EXPECT_EQ(cell.obs.codes, some_obs().codes);
    EXPECT_EQ(cell.obs.source_row, some_obs().source_row);
    EXPECT_EQ(encoded_size(rest), (i + 1 < begins.size() ? begins[i + 1] : bytes.size()) - begins[i]);
  }
}

TEST(CellCodec, DropsZeros) {
  const std::vector<GeneIndex> genes = {2, 4, 8};
  const std::vector<float> counts = {0, 7, 0};
  std::vector<std::byte> bytes;
  EXPECT_TRUE(encode_cell({genes, counts}, some_obs(), bytes));
  DecodedCell cell;
  decode_cell(bytes, cell);
  EXPECT_EQ(cell.genes, std::vector<GeneIndex>{4});
  EXPECT_EQ(cell.counts, std::vector<float>{7});
}

TEST(CellCodec, RefusesWhatTheDoorShouldHaveStopped) {
  std::vector<std::byte> bytes;
  const std::vector<GeneIndex> genes = {2, 4};
  const std::vector<GeneIndex> unsorted = {4, 2};
  const std::vector<float> counts = {1, 1};
  for (const float bad : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> bad_counts = {1, bad};
    EXPECT_THROW(encode_cell({genes, bad_counts}, some_obs(), bytes), std::logic_error);
  }
  EXPECT_THROW(encode_cell({unsorted, counts}, some_obs(), bytes), std::logic_error);
}

}  // namespace
}  // namespace sctab::store
