#include "sctab/train/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

const std::vector<std::string> kIds = {"CL:0000084", "CL:0000624", "CL:0000236",
                                       "CL:0000576"};  // T, CD4 T, B, monocyte

std::vector<double> tiny_closeness(const std::vector<std::string>& ids = kIds) {
  return closeness(ids, ontology::Ontology(tests::tiny_terms(), "tiny"));
}

TEST(Closeness, IsTheSharedPartOfTheInformation) {
  const std::vector<double> close = tiny_closeness();
  // Of four types, three are lymphocytes, two T cells; each other term stands for one.
  const double lymphocyte = std::log(4.0 / 3), t_cell = std::log(4.0 / 2), one = std::log(4.0);
  EXPECT_NEAR(close[0 * 4 + 1], (lymphocyte + t_cell) / (lymphocyte + t_cell + one), 1e-12);
  EXPECT_NEAR(close[0 * 4 + 2], lymphocyte / (lymphocyte + t_cell + one), 1e-12);
  EXPECT_NEAR(close[1 * 4 + 2], lymphocyte / (lymphocyte + t_cell + one + one), 1e-12);
  for (std::size_t a = 0; a < 4; ++a) {
    EXPECT_EQ(close[a * 4 + a], 1);
    for (std::size_t b = 0; b < 4; ++b) EXPECT_EQ(close[a * 4 + b], close[b * 4 + a]);
  }
  for (std::size_t other = 0; other < 3; ++other) EXPECT_EQ(close[3 * 4 + other], 0);  // nothing shared
}

TEST(Closeness, CountsNoTermThatIsAboveAllTypes) {
  const std::vector<double> close = tiny_closeness({"CL:0000084", "CL:0000236", "unknown"});
  EXPECT_EQ(close[0 * 3 + 1], 0);  // lymphocytes both, as all types are that the ontology knows
  EXPECT_EQ(close[0 * 3 + 2], 0);
  EXPECT_EQ(close[2 * 3 + 2], 1);
}

TEST(SoftTargets, SpreadEvenlyOverTypesWithCells) {
  const std::vector<double> targets = soft_targets(std::vector<std::int64_t>{5, 0, 7}, 0.2);
  const std::vector<double> wanted = {0.9, 0, 0.1, 0, 1, 0, 0.1, 0, 0.9};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(targets[i], wanted[i], 1e-12) << i;
}

TEST(SoftTargets, ByTheOntologySpareUnrelatedTypesAndSumToOne) {
  const std::vector<double> close = tiny_closeness();
  const std::vector<double> targets = soft_targets(std::vector<std::int64_t>{5, 6, 7, 8}, 0.3, close);
  for (std::size_t label = 0; label < 4; ++label) {
    double sum = 0;
    for (std::size_t type = 0; type < 4; ++type) sum += targets[label * 4 + type];
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_GE(targets[label * 4 + label], 0.7);
  }
  const double row = 1 + close[1] + close[2];
  EXPECT_NEAR(targets[0], 0.7 + 0.3 / row, 1e-12);
  EXPECT_NEAR(targets[1], 0.3 * close[1] / row, 1e-12);
  EXPECT_EQ(targets[3], 0);
  EXPECT_GT(targets[1], targets[2]);  // the subtype is closer than the sibling
  EXPECT_EQ(targets[3 * 4 + 3], 1);   // related to none
}

TEST(SoftTargets, AreAsThePlanSays) {
  const sctab::tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  const CorpusSize size = corpus_size(store);
  TrainPlan plan;
  EXPECT_TRUE(soft_targets(store, plan, size).empty());
  plan.label_smoothing = 0.1;
  const std::vector<double> by_ontology = soft_targets(store, plan, size);
  EXPECT_EQ(by_ontology, soft_targets(size.cells_per_type, 0.1, tiny_closeness()));
  plan.smoothing = Smoothing::kUniform;
  EXPECT_EQ(soft_targets(store, plan, size), soft_targets(size.cells_per_type, 0.1));
  EXPECT_EQ(by_ontology[3], 0);  // a type without training cells
}

}  // namespace
}  // namespace sctab::train
