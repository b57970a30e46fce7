#include "sctab/model/classifier.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "model/networks/small_model.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "support/fixtures.hpp"
#include "support/random_tensors.hpp"

namespace sctab::model::tests {
namespace {

using sctab::tests::TemporaryFolder;

constexpr ClassifierOptions kBatchesOfThree{.threads = 1, .batch_size = 3};

at::Tensor as_tensor(const std::vector<float>& values, std::int64_t width) {
  return at::tensor(values).view({-1, width});
}

class EachClassifier : public testing::TestWithParam<ModelKind> {};

TEST_P(EachClassifier, EqualsADirectForward) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", GetParam());
  const sparse::CsrMatrix cells = nn::tests::random_cells(10, 12, 4);
  const auto network = nn::make_network(small_architecture(GetParam()), 1);
  network->eval();
  const nn::NetworkOutput want = network->forward(cells.view());

  const Classifier classifier = Classifier::load(folder / "model", kBatchesOfThree);
  const Prediction found = classifier.predict(cells.view());
  EXPECT_EQ(found.n_cells, 10);
  EXPECT_EQ(found.n_types, 5);
  EXPECT_EQ(found.n_embedding, want.embedding.size(1));
  const at::Tensor probabilities = as_tensor(found.probabilities, found.n_types);
  EXPECT_TRUE(at::allclose(probabilities, want.logits.softmax(1), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(as_tensor(found.embedding, found.n_embedding), want.embedding, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(probabilities.sum(1), at::ones({10}), 0, 1e-6));
  EXPECT_EQ(classifier.predict(cells.view()).probabilities, found.probabilities);
}

TEST_P(EachClassifier, HalfPrecisionGivesNearlyTheSame) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", GetParam());
  const sparse::CsrMatrix cells = nn::tests::random_cells(10, 12, 4);
  const Classifier classifier = Classifier::load(folder / "model", kBatchesOfThree);
  const at::Tensor want = as_tensor(classifier.predict(cells.view()).probabilities, 5);
  const ClassifierOptions at_half{.threads = 1, .batch_size = 3, .precision = kernels::Precision::kHalf};
  const Prediction found = Classifier::load(folder / "model", at_half).predict(cells.view());
  const auto half = (as_tensor(found.probabilities, 5) - want).abs().max().item<double>();
  EXPECT_TRUE(half > 0 && half <= 5e-3) << half;

  const PrecisionCost cost = classifier.cost_of_half_precision(cells.view());
  EXPECT_EQ(cost.n_cells, 10);
  EXPECT_TRUE(cost.n_same_label >= 9 && cost.n_same_label <= 10) << cost.n_same_label;
  EXPECT_NEAR(cost.largest_probability_difference, half, 1e-7);
  // The comparison leaves the classifier as it was.
  EXPECT_TRUE(at::equal(as_tensor(classifier.predict(cells.view()).probabilities, 5), want));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachClassifier, testing::ValuesIn(kAllKinds),
                         [](const auto& case_info) { return std::string(name(case_info.param)); });

TEST(CallTypes, TakeTheFirstOfTiesAndNoneForACellWithoutCounts) {
  sparse::CsrMatrix cells;
  cells.clear(1);
  for (const bool is_empty : {false, true, false}) {
    if (is_empty) cells.append_row({}, {});
    if (!is_empty) cells.append_row(std::vector<sparse::GeneIndex>{0}, std::vector<float>{1});
  }
  Prediction prediction{
      .n_cells = 3, .n_types = 3, .probabilities = {0.2F, 0.4F, 0.4F, 1, 0, 0, 0.1F, 0.2F, 0.7F}, .embedding = {}};
  EXPECT_EQ(best_types(prediction.probabilities, 3), (std::vector<core::TypeIndex>{1, 0, 2}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(best_types(std::vector<float>{0.2F, nan, 0.9F, nan, 1, nan}, 3), (std::vector<core::TypeIndex>{1, 0}));
  const std::vector<TypeCall> calls = call_types(prediction, cells.view(), 0);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].type, 1);
  EXPECT_EQ(calls[0].probability, 0.4F);
  EXPECT_EQ(calls[1].type, -1);
  EXPECT_EQ(calls[1].probability, 0);
  EXPECT_EQ(calls[2].type, 2);
  std::fill_n(prediction.probabilities.begin() + 6, 3, std::numeric_limits<float>::quiet_NaN());
  SCTAB_EXPECT_THROW_WITH(call_types(prediction, cells.view(), 40), core::InputError, "cell 42", "not a number");
  std::fill_n(prediction.probabilities.begin() + 3, 6, std::numeric_limits<float>::quiet_NaN());
  prediction.probabilities[6] = 1;
  prediction.probabilities[7] = prediction.probabilities[8] = 0;
  EXPECT_NO_THROW(call_types(prediction, cells.view(), 0)) << "the cell without counts is not called";
}

TEST(Classifier, TakesAViewIntoTheMiddleOfAMatrix) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kTabnet);
  const Classifier classifier = Classifier::load(folder / "model", kBatchesOfThree);
  const sparse::CsrMatrix cells = nn::tests::random_cells(10, 12, 4);
  sparse::CsrView part = cells.view();
  part.n_cells = 5;
  part.indptr = part.indptr.subspan(4, 6);
  const at::Tensor all = as_tensor(classifier.predict(cells.view()).probabilities, 5);
  EXPECT_TRUE(at::allclose(as_tensor(classifier.predict(part).probabilities, 5), all.narrow(0, 4, 5), 1e-5, 1e-6));
}

TEST(Classifier, NoCellsGiveNoRows) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kTabnet);
  const Prediction found =
      Classifier::load(folder / "model", kBatchesOfThree).predict(nn::tests::random_cells(0, 12, 1).view());
  EXPECT_EQ(found.n_cells, 0);
  EXPECT_TRUE(found.probabilities.empty());
}

TEST(Classifier, AnEnsembleIsTheMeanOfItsMembers) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kLinear, 2);
  const sparse::CsrMatrix cells = nn::tests::random_cells(4, 12, 4);
  at::Tensor want = at::zeros({4, 5});
  for (const std::uint64_t seed : {1, 2}) {
    const auto network = nn::make_network(small_architecture(ModelKind::kLinear), seed);
    want += network->forward(cells.view()).logits.detach().softmax(1) / 2;
  }
  const Prediction found = Classifier::load(folder / "model", kBatchesOfThree).predict(cells.view());
  EXPECT_TRUE(at::allclose(as_tensor(found.probabilities, 5), want, 1e-5, 1e-6));
}

TEST(Classifier, MembersCanBeAskedOneByOne) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kMlp, 3);
  const sparse::CsrMatrix cells = nn::tests::random_cells(7, 12, 4);  // three batches
  const Classifier classifier = Classifier::load(folder / "model", kBatchesOfThree);
  const std::vector<Prediction> members = classifier.predict_members(cells.view());
  ASSERT_EQ(members.size(), 3U);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto network = nn::make_network(small_architecture(ModelKind::kMlp), i + 1);
    network->eval();
    const nn::NetworkOutput want = network->forward(cells.view());
    EXPECT_EQ(members[i].n_cells, 7);
    EXPECT_TRUE(at::allclose(as_tensor(members[i].probabilities, 5), want.logits.softmax(1), 1e-5, 1e-6)) << i;
    EXPECT_TRUE(at::allclose(as_tensor(members[i].embedding, members[i].n_embedding), want.embedding, 1e-5, 1e-6)) << i;
  }
  const Prediction all = classifier.predict(cells.view());
  EXPECT_EQ(all.probabilities, mean_prediction(members).probabilities);
  EXPECT_EQ(all.embedding, members.front().embedding) << "the first member's";
  // The first of an ensemble says what it says alone.
  write_small_model(folder / "alone", ModelKind::kMlp, 1);
  EXPECT_EQ(Classifier::load(folder / "alone", kBatchesOfThree).predict(cells.view()).probabilities,
            members.front().probabilities);
}

TEST(Classifier, MembersWeighWhatTheModelSays) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kMlp, 3);
  ModelDescription description = read_description(folder / "model");
  description.member_weights = {0.5, 2.0, 1.5};
  write_description(folder / "model", description);
  const sparse::CsrMatrix cells = nn::tests::random_cells(7, 12, 4);
  const Classifier classifier = Classifier::load(folder / "model", kBatchesOfThree);
  const std::vector<Prediction> members = classifier.predict_members(cells.view());
  const Prediction all = classifier.predict(cells.view());
  const Prediction two = mean_prediction(std::span(members).first(2), description.member_weights);
  for (std::size_t i = 0; i < all.probabilities.size(); ++i) {
    const double first = members[0].probabilities[i], second = members[1].probabilities[i];
    const double third = members[2].probabilities[i];
    EXPECT_NEAR(all.probabilities[i], (0.5 * first + 2 * second + 1.5 * third) / 4, 1e-6);
    EXPECT_NEAR(two.probabilities[i], (0.5 * first + 2 * second) / 2.5, 1e-6);
  }
}

TEST(Classifier, WeightsOfAnotherModelAreNamed) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kTabnet);
  Architecture other = small_architecture(ModelKind::kTabnet);
  other.tabnet.n_d = 5;
  nn::save_weights(folder / "model" / "model.safetensors", nn::make_network(other, 1)->state());
  write_description(folder / "model", small_description(ModelKind::kTabnet, "model"));
  SCTAB_EXPECT_THROW_WITH(Classifier::load(folder / "model", kBatchesOfThree), core::InputError, "model.safetensors",
                          "shape");
}

TEST(Classifier, MembersOfOtherGenesOrTypesAreNamed) {
  for (const bool genes : {false, true}) {
    const TemporaryFolder folder;
    write_small_model(folder / "model", ModelKind::kLinear, 2);
    Architecture other = small_architecture(ModelKind::kLinear);
    ++(genes ? other.n_genes : other.n_types);
    ModelDescription description = read_description(folder / "model");
    nn::save_weights(folder / "model" / "member-2.safetensors", nn::make_network(other, 1)->state());
    write_description(folder / "model", description);
    SCTAB_EXPECT_THROW_WITH(Classifier::load(folder / "model"), core::InputError, "member-2.safetensors", "shape");
  }
}

TEST(Classifier, CanBeInterrupted) {
  const TemporaryFolder folder;
  write_small_model(folder / "model", ModelKind::kLinear);
  const Classifier classifier = Classifier::load(folder / "model", kBatchesOfThree);
  core::set_interrupted(true);
  EXPECT_THROW(classifier.predict(nn::tests::random_cells(4, 12, 4).view()), core::Interrupted);
  core::set_interrupted(false);
}

}  // namespace
}  // namespace sctab::model::tests
