#include "sctab/train/loss.hpp"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace sctab::train {
namespace {

constexpr std::array kWeights = {0.5, 2.0, 0.0};
constexpr double kLambda = 0.1, kMaskLoss = -3.0;

at::Tensor weights() {
  return at::tensor(std::vector<double>(kWeights.begin(), kWeights.end())).to(at::kFloat);
}

LossTerms plain() {
  return {.class_weights = weights(), .lambda_sparse = kLambda};
}

constexpr std::array<std::int64_t, 3> kCells = {5, 4, 1};

/// Type 2 is a subtype of type 0.
LossTerms hierarchical(double credit = 1) {
  LossTerms terms = plain();
  terms.hierarchy = hierarchy_tensor(ontology::SubtypeMatrix(3, {1, 0, 1, 0, 1, 0, 0, 0, 1}), kCells, credit);
  return terms;
}

nn::NetworkOutput output_of(const at::Tensor& logits, double mask_loss = kMaskLoss) {
  return {logits, at::scalar_tensor(mask_loss), {}};
}

/// sum of w·l over sum of w, minus lambda times the mask loss, in plain loops.
/// credit: what type 2 counts for type 0.
double reference(const at::Tensor& logits, const std::vector<std::int64_t>& targets, double mask_loss,
                 double credit = 0) {
  double sum = 0, weight = 0;
  for (std::int64_t cell = 0; cell < logits.size(0); ++cell) {
    double total = 0;
    for (std::int64_t type = 0; type < logits.size(1); ++type) total += std::exp(logits[cell][type].item<double>());
    const auto target = targets[static_cast<std::size_t>(cell)];
    const double w = kWeights.at(static_cast<std::size_t>(target));
    double of_label = std::exp(logits[cell][target].item<double>());
    if (target == 0) of_label += credit * std::exp(logits[cell][2].item<double>());
    sum += w * (std::log(total) - std::log(of_label));
    weight += w;
  }
  return sum / weight - kLambda * mask_loss;
}

const at::Tensor kLogits =
    at::tensor({1.0F, 0.2F, -0.3F, 0.1F, 2.0F, 0.0F, -1.0F, 0.4F, 0.9F, 0.0F, 0.0F, 0.0F}).view({4, 3});
const std::vector<std::int64_t> kTargets = {0, 1, 2, 0};

TEST(TrainingLoss, IsTheWeightedMeanMinusLambdaTimesTheMaskLoss) {
  const double loss = training_loss(output_of(kLogits), at::tensor(kTargets), plain()).item<double>();
  EXPECT_NEAR(loss, reference(kLogits, kTargets, kMaskLoss), 1e-6);  // float32
}

/// The gradient of each logit against central differences of the reference in double.
void expect_gradient(const LossTerms& terms, double credit) {
  const at::Tensor logits = kLogits.clone().set_requires_grad(true);
  training_loss(output_of(logits), at::tensor(kTargets), terms).backward();
  const double h = 1e-3;
  for (std::int64_t cell = 0; cell < 4; ++cell) {
    for (std::int64_t type = 0; type < 3; ++type) {
      at::Tensor up = kLogits.to(at::kDouble), down = kLogits.to(at::kDouble);
      up[cell][type] += h;
      down[cell][type] -= h;
      const double wanted = (reference(up, kTargets, 0, credit) - reference(down, kTargets, 0, credit)) / (2 * h);
      EXPECT_NEAR(logits.grad()[cell][type].item<double>(), wanted, 1e-5) << cell << ' ' << type;
    }
  }
}

TEST(TrainingLoss, HasTheGradientOfCrossEntropy) {
  expect_gradient(plain(), 0);
}

TEST(HierarchicalLoss, CountsSubtypesAsTheLabel) {
  const auto targets = at::tensor(kTargets);
  const double loss = training_loss(output_of(kLogits), targets, hierarchical()).item<double>();
  EXPECT_NEAR(loss, reference(kLogits, kTargets, kMaskLoss, 1), 1e-6);
  EXPECT_LT(loss, training_loss(output_of(kLogits), targets, plain()).item<double>() - 0.1);
}

TEST(HierarchicalLoss, OfLittleCreditIsNearCrossEntropy) {
  const auto loss_of = [](const LossTerms& terms) {
    return training_loss(output_of(kLogits), at::tensor(kTargets), terms).item<double>();
  };
  EXPECT_NEAR(loss_of(hierarchical(0.5)), reference(kLogits, kTargets, kMaskLoss, 0.5), 1e-6);
  EXPECT_NEAR(loss_of(hierarchical(1e-9)), loss_of(plain()), 1e-6);
}

TEST(HierarchicalLoss, HasItsGradient) {
  expect_gradient(hierarchical(), 1);
  expect_gradient(hierarchical(0.5), 0.5);
}

TEST(HierarchicalLoss, WithoutSubtypesIsCrossEntropy) {
  LossTerms terms = plain();
  terms.hierarchy = hierarchy_tensor(ontology::SubtypeMatrix(3, {1, 0, 0, 0, 1, 0, 0, 0, 1}), kCells, 1);
  EXPECT_NEAR(training_loss(output_of(kLogits), at::tensor(kTargets), terms).item<double>(),
              reference(kLogits, kTargets, kMaskLoss), 1e-6);
}

TEST(HierarchicalLoss, GivesNoCellOfAParentToASubtypeWithoutTrainingCells) {
  LossTerms terms = hierarchical();
  terms.hierarchy = hierarchy_tensor(ontology::SubtypeMatrix(3, {1, 0, 1, 0, 1, 0, 0, 0, 1}),
                                     std::array<std::int64_t, 3>{5, 4, 0}, 1);
  const at::Tensor logits = kLogits.clone().set_requires_grad(true);
  training_loss(output_of(logits), at::tensor(kTargets), terms).backward();
  EXPECT_GT(logits.grad()[0][2].item<double>(), 0) << "descent takes it away from the type";
  EXPECT_NEAR(training_loss(output_of(kLogits), at::tensor(kTargets), terms).item<double>(),
              reference(kLogits, kTargets, kMaskLoss), 1e-6);
}

TEST(HierarchicalLoss, OfLogitsFarApartIsFinite) {
  const at::Tensor logits = at::tensor({200.0F, -200.0F, -200.0F, -200.0F, 200.0F, -200.0F}).view({2, 3});
  const at::Tensor leaf = logits.clone().set_requires_grad(true);
  const at::Tensor loss =
      training_loss(output_of(leaf, 0), at::tensor(std::vector<std::int64_t>{1, 0}), hierarchical());
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), (2 * 400 + 0.5 * (400 - std::log(2))) / 2.5, 1e-3);
  EXPECT_TRUE(leaf.grad().isfinite().all().item<bool>());
}

TEST(HierarchicalLoss, OfAnAnswerThatIsNoNumberIsNone) {
  at::Tensor logits = kLogits.clone();
  logits[0][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(training_loss(output_of(logits), at::tensor(kTargets), hierarchical()).item<double>()));
}

/// Rows that are distributions, of the first and the last label mixed.
const at::Tensor kSoftTargets = at::tensor({0.7F, 0.2F, 0.1F, 0.0F, 1.0F, 0.0F, 0.25F, 0.25F, 0.5F}).view({3, 3});

LossTerms with_targets(const at::Tensor& soft_targets) {
  LossTerms terms = plain();
  terms.soft_targets = soft_targets;
  return terms;
}

/// sum of w·(log sum exp z - target·z) over sum of w, minus lambda times the mask loss, in plain loops.
double smoothed_reference(const at::Tensor& logits) {
  double sum = 0, weight = 0;
  for (std::int64_t cell = 0; cell < logits.size(0); ++cell) {
    const auto label = kTargets[static_cast<std::size_t>(cell)];
    double total = 0, expected = 0;
    for (std::int64_t type = 0; type < logits.size(1); ++type) {
      total += std::exp(logits[cell][type].item<double>());
      expected += kSoftTargets[label][type].item<double>() * logits[cell][type].item<double>();
    }
    const double w = kWeights.at(static_cast<std::size_t>(label));
    sum += w * (std::log(total) - expected);
    weight += w;
  }
  return sum / weight - kLambda * kMaskLoss;
}

double smoothed(const at::Tensor& logits, const at::Tensor& soft_targets) {
  return training_loss(output_of(logits), at::tensor(kTargets), with_targets(soft_targets)).item<double>();
}

TEST(SmoothedLoss, WeighsACellByItsLabelAlone) {
  EXPECT_NEAR(smoothed(kLogits, kSoftTargets), smoothed_reference(kLogits), 1e-6);  // float32
}

TEST(SmoothedLoss, OfLabelsAloneIsTheTrainingLoss) {
  const double of_labels = training_loss(output_of(kLogits), at::tensor(kTargets), plain()).item<double>();
  EXPECT_NEAR(smoothed(kLogits, at::eye(3, at::kFloat)), of_labels, 1e-6);
}

TEST(SmoothedLoss, HasTheGradientOfItsReference) {
  const at::Tensor logits = kLogits.clone().set_requires_grad(true);
  training_loss(output_of(logits), at::tensor(kTargets), with_targets(kSoftTargets)).backward();
  const double h = 1e-4;
  for (std::int64_t cell = 0; cell < 4; ++cell) {
    for (std::int64_t type = 0; type < 3; ++type) {
      at::Tensor up = kLogits.to(at::kDouble), down = kLogits.to(at::kDouble);
      up[cell][type] += h;
      down[cell][type] -= h;
      const double wanted = (smoothed_reference(up) - smoothed_reference(down)) / (2 * h);
      EXPECT_NEAR(logits.grad()[cell][type].item<double>(), wanted, 1e-6) << cell << ", " << type;
    }
  }
}

TEST(SmoothedLoss, IsNotANumberWhereALogitIsNone) {
  at::Tensor logits = kLogits.clone();
  logits[1][0] = std::nan("");  // of a type that the cell's target does not hold
  EXPECT_TRUE(std::isnan(smoothed(logits, kSoftTargets)));
}

TEST(SmoothedLoss, OfLargeLogitsIsFinite) {
  for (const float size : {-1000.0F, 1000.0F}) {
    EXPECT_NEAR(smoothed(at::full({4, 3}, size), kSoftTargets), std::log(3.0) - kLambda * kMaskLoss, 1e-5) << size;
  }
}

TEST(SplitLoss, DoesNotDependOnTheBatches) {
  for (const std::int64_t first : {1, 2, 3}) {
    SplitLoss loss(plain());
    const double before = -1.0, after = -4.0;
    loss.add(output_of(kLogits.narrow(0, 0, first), before), at::tensor(kTargets).narrow(0, 0, first));
    loss.add(output_of(kLogits.narrow(0, first, 4 - first), after), at::tensor(kTargets).narrow(0, first, 4 - first));
    const auto share = static_cast<double>(first) / 4;
    EXPECT_NEAR(loss.value(), reference(kLogits, kTargets, share * before + (1 - share) * after), 1e-6) << first;
  }
}

TEST(SplitLoss, IsHierarchicalToo) {
  SplitLoss loss(hierarchical());
  loss.add(output_of(kLogits), at::tensor(kTargets));
  EXPECT_NEAR(loss.value(), reference(kLogits, kTargets, kMaskLoss, 1), 1e-6);
}

TEST(SplitLoss, WithoutACellThatWeighsAnythingIsNotANumber) {
  SplitLoss loss(plain());
  EXPECT_TRUE(std::isnan(loss.value()));
  loss.add(output_of(kLogits.narrow(0, 0, 1)), at::tensor(std::vector<std::int64_t>{2}));
  EXPECT_TRUE(std::isnan(loss.value()));
}

}  // namespace
}  // namespace sctab::train
