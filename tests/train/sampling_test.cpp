#include "sctab/train/sampling.hpp"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sctab/evaluate/evaluation.hpp"
#include "sctab/train/validation.hpp"

namespace sctab::train {
namespace {

using Counts = std::vector<std::int64_t>;

double shown(const Counts& cells, const std::vector<double>& rates) {
  double sum = 0;
  for (std::size_t type = 0; type < cells.size(); ++type) sum += static_cast<double>(cells[type]) * rates[type];
  return sum;
}

TEST(SamplingRates, OfPowerOneShowAllTypesAlike) {
  const Counts cells = {900, 300, 0, 150};
  const std::vector<double> rates = sampling_rates(cells, 1);
  for (const std::size_t type : {0, 1, 3}) EXPECT_NEAR(rates[type] * static_cast<double>(cells[type]), 450, 1e-9);
  EXPECT_EQ(rates[2], 0);
}

TEST(SamplingRates, OfHalfAPowerFollowTheRoot) {
  const Counts cells = {900, 100, 400};
  const std::vector<double> rates = sampling_rates(cells, 0.5);
  EXPECT_NEAR(rates[1] / rates[0], 3, 1e-12);
  EXPECT_NEAR(rates[2] / rates[0], 1.5, 1e-12);
  EXPECT_NEAR(shown(cells, rates), 1400, 1e-9);
}

TEST(SamplingRates, OfPowerZeroShowAllCellsOnce) {
  for (const double rate : sampling_rates(Counts{900, 7, 20}, 0)) EXPECT_NEAR(rate, 1, 1e-12);
}

TEST(SamplingRates, KeepTheLengthOfTheEpochHoweverTheyAreCapped) {
  const Counts counts[] = {{100'000, 20, 3, 0, 50'000}, {1'000'000, 1, 1, 1}, {5, 5}, {1, 0}, {10'000, 100, 99, 1000}};
  for (const Counts& cells : counts) {
    for (const double power : {0.3, 0.5, 1.0}) {
      const std::vector<double> rates = sampling_rates(cells, power);
      double n = 0;
      for (std::size_t type = 0; type < cells.size(); ++type) {
        n += static_cast<double>(cells[type]);
        EXPECT_TRUE(rates[type] >= 0 && rates[type] <= kMostShown) << rates[type];
      }
      EXPECT_NEAR(shown(cells, rates), n, 1e-9 * n);
    }
  }
  // Below the cap the types share evenly what the capped ones leave.
  const std::vector<double> rates = sampling_rates(Counts{3000, 20, 1000}, 1);
  EXPECT_EQ(rates[1], kMostShown);
  EXPECT_NEAR(rates[0] * 3000, (4020 - 200) / 2.0, 1e-9);
  EXPECT_NEAR(rates[2] * 1000, (4020 - 200) / 2.0, 1e-9);
}

TEST(BalancedWeights, WithoutSamplingAreThePapers) {
  const Counts cells = {900, 300, 0, 17};
  EXPECT_EQ(balanced_weights(cells, std::vector<double>(4, 1)), evaluate::balanced_class_weights(cells));
}

TEST(BalancedWeights, CorrectWhatSamplingLeavesUneven) {
  const Counts cells = {900, 300, 0, 17};
  for (const double power : {0.5, 1.0}) {
    const std::vector<double> rates = sampling_rates(cells, power);
    const std::vector<double> weights = balanced_weights(cells, rates);
    std::vector<double> total;
    for (std::size_t type = 0; type < 4; ++type) {
      total.push_back(static_cast<double>(cells[type]) * rates[type] * weights[type]);
    }
    EXPECT_NEAR(total[0], total[1], 1e-9);
    EXPECT_NEAR(total[0], total[3], 1e-9);
    EXPECT_EQ(weights[2], 0);
    EXPECT_NEAR(total[0] + total[1] + total[3], 1217, 1e-9);  // the mean weight of a cell shown is 1
  }
}

TEST(ValidationTerms, WeighACellAsItsTrainingCellsWeighInAll) {
  const CorpusSize size{1200, 10, 100, {900, 300, 0}};
  TrainPlan plan;
  plan.class_weights = false;
  plan.sampling_power = 1;
  EXPECT_TRUE(loss_terms(plan, size, {}).class_weights.equal(at::ones({3})));
  const at::Tensor sampled = validation_terms(plan, size, {}).class_weights;
  plan.sampling_power = 0;
  plan.class_weights = true;
  const at::Tensor weighted = validation_terms(plan, size, {}).class_weights;
  EXPECT_TRUE(weighted.equal(loss_terms(plan, size, {}).class_weights));
  EXPECT_TRUE(sampled.allclose(weighted, 1e-6));
}

}  // namespace
}  // namespace sctab::train
