#include "sctab/train/validation.hpp"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sctab/evaluate/label_union.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
namespace {

constexpr std::int64_t kTCell = 0, kCd4TCell = 1, kBCell = 2;  // of the tiny store

TEST(LossTerms, OfTheHierarchicalLossHaveTheStoresSubtypes) {
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  const CorpusSize size = corpus_size(store);
  const ontology::SubtypeMatrix subtypes = evaluate::store_subtypes(store);
  TrainPlan plan;
  EXPECT_FALSE(loss_terms(plan, size, subtypes).hierarchy.defined());
  plan.loss = LossKind::kHierarchical;
  plan.subtype_credit = 0.5;
  const at::Tensor hierarchy = loss_terms(plan, size, subtypes).hierarchy;
  ASSERT_TRUE(hierarchy.defined());
  const auto at = [&](std::int64_t label, std::int64_t type) { return hierarchy[label][type].item<float>(); };
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  EXPECT_FLOAT_EQ(at(kTCell, kCd4TCell), std::log(0.5F));
  EXPECT_EQ(at(kCd4TCell, kTCell), kNever);
  EXPECT_EQ(at(kTCell, kBCell), kNever);
  EXPECT_EQ(at(kTCell, kTCell), 0);
  EXPECT_TRUE(validation_terms(plan, size, subtypes).hierarchy.equal(hierarchy));
}

}  // namespace
}  // namespace sctab::train
