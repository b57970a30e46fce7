#include "sctab/evaluate/evaluation.hpp"

#include <gmock/gmock.h>

#include "evaluate/evaluation_reference.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::evaluate {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::NanSensitiveDoubleNear;

/// The identity: no type lies below another.
ontology::SubtypeMatrix flat(std::size_t n) {
  std::vector<std::uint8_t> rows(n * n, 0);
  for (std::size_t t = 0; t < n; ++t) rows[t * n + t] = 1;
  return {n, rows};
}

/// 0 is the parent of 1 and 2; 1 is the parent of 2; 3 stands alone.
ontology::SubtypeMatrix chain() {
  return {4, {1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1}};
}

struct Calls {
  std::vector<TypeIndex> truths, predictions;
};

/// With cells left out (truth -1) and cells without a call; types in the upper half are rare.
Calls random_calls(core::Rng rng, std::size_t n_cells, TypeIndex n_types) {
  Calls calls;
  const auto draw = [&] {
    const auto bound = static_cast<std::uint64_t>(rng.below(20) == 0 ? n_types : (n_types + 1) / 2);
    return static_cast<TypeIndex>(rng.below(bound));
  };
  for (std::size_t cell = 0; cell < n_cells; ++cell) {
    calls.truths.push_back(rng.below(10) == 0 ? -1 : draw());
    calls.predictions.push_back(rng.below(10) == 0 ? kNoCall : draw());
  }
  return calls;
}

void expect_equal(const Scores& scores, const tests::ReferenceScores& expected) {
  constexpr double kRounding = 1e-12;  // a few sums of at most some hundred terms of order 1
  EXPECT_THAT(scores.macro_f1, NanSensitiveDoubleNear(expected.macro_f1, kRounding));
  EXPECT_THAT(scores.weighted_f1, NanSensitiveDoubleNear(expected.weighted_f1, kRounding));
  EXPECT_THAT(scores.micro_f1, NanSensitiveDoubleNear(expected.micro_f1, kRounding));
  EXPECT_THAT(scores.macro_precision, NanSensitiveDoubleNear(expected.macro_precision, kRounding));
  EXPECT_THAT(scores.macro_recall, NanSensitiveDoubleNear(expected.macro_recall, kRounding));
  ASSERT_EQ(scores.per_type.size(), expected.f1.size());
  for (std::size_t t = 0; t < expected.f1.size(); ++t) {
    EXPECT_THAT(scores.per_type[t].f1, NanSensitiveDoubleNear(expected.f1[t], kRounding));
    EXPECT_THAT(scores.per_type[t].precision, NanSensitiveDoubleNear(expected.precision[t], kRounding));
    EXPECT_THAT(scores.per_type[t].recall, NanSensitiveDoubleNear(expected.recall[t], kRounding));
  }
}

TEST(Evaluation, AgreesWithTheReferenceInAllAndPerGroup) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    core::Rng rng(seed);
    const auto n_types = static_cast<TypeIndex>(1 + rng.below(30));
    const auto n = static_cast<std::size_t>(n_types);
    const auto calls = random_calls(rng.child("calls"), rng.below(400), n_types);
    std::vector<std::uint8_t> rows(n * n, 0);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i % (n + 1) == 0 || rng.below(8) == 0 ? 1 : 0;
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < calls.truths.size(); ++i) groups.push_back(rng.below(3) == 0 ? "lung" : "blood");
    const auto evaluation = evaluate(calls.truths, calls.predictions, {n, rows}, groups);

    std::map<std::string, Calls> right;  // corrected, per group; "" for all
    Calls raw;
    for (std::size_t i = 0; i < calls.truths.size(); ++i) {
      const TypeIndex truth = calls.truths[i], predicted = calls.predictions[i];
      if (truth < 0) continue;
      raw.truths.push_back(truth);
      raw.predictions.push_back(predicted);
      const bool below = predicted >= 0 && rows[static_cast<std::size_t>(truth * n_types + predicted)] == 1;
      for (const auto& group : {std::string(), groups[i]}) {
        right[group].truths.push_back(truth);
        right[group].predictions.push_back(below ? truth : predicted);
      }
    }
    expect_equal(evaluation.uncorrected, tests::score_reference(raw.truths, raw.predictions, n_types));
    expect_equal(evaluation.corrected, tests::score_reference(right[""].truths, right[""].predictions, n_types));
    right.erase("");
    ASSERT_EQ(evaluation.per_group.size(), right.size());
    for (const auto& [group, expected] : right) {
      expect_equal(evaluation.per_group.at(group),
                   tests::score_reference(expected.truths, expected.predictions, n_types, true));
    }
    EXPECT_EQ(evaluation.confusion.total(), static_cast<std::int64_t>(raw.truths.size()));
    EXPECT_EQ(evaluation.confusion_corrected.total(), evaluation.confusion.total());
  }
}

TEST(Evaluation, ByHand) {
  // Type 0: one of two found. Type 1: found, and one too many. Type 2: absent. Type 3: predicted only.
  const auto evaluation =
      evaluate(std::vector<TypeIndex>{0, 0, 1, 1, 1}, std::vector<TypeIndex>{0, 1, 1, 1, 3}, flat(4));
  const auto& scores = evaluation.corrected;
  EXPECT_EQ(scores.n_cells, 5);
  EXPECT_DOUBLE_EQ(scores.per_type[0].f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(scores.per_type[0].precision, 1);
  EXPECT_DOUBLE_EQ(scores.per_type[0].recall, 0.5);
  EXPECT_DOUBLE_EQ(scores.per_type[1].f1, 2.0 / 3);
  EXPECT_TRUE(std::isnan(scores.per_type[2].f1));
  EXPECT_DOUBLE_EQ(scores.per_type[3].f1, 0) << "predicted though never true: it counts";
  EXPECT_EQ(scores.per_type[3].n_predicted, 1);
  EXPECT_DOUBLE_EQ(scores.macro_f1, (2.0 / 3 + 2.0 / 3 + 0) / 3);
  EXPECT_DOUBLE_EQ(scores.weighted_f1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(scores.micro_f1, 3.0 / 5);
}

TEST(Evaluation, ASubtypeIsRightAndAParentIsWrong) {
  EXPECT_EQ(corrected(0, 2, chain()), 0);
  EXPECT_EQ(corrected(1, 2, chain()), 1);
  EXPECT_EQ(corrected(2, 2, chain()), 2);
  EXPECT_EQ(corrected(2, 0, chain()), 0) << "a parent stays as predicted";
  EXPECT_EQ(corrected(0, 3, chain()), 3);
  EXPECT_EQ(corrected(3, 0, chain()), 0);
  EXPECT_EQ(corrected(0, kNoCall, chain()), kNoCall);
}

TEST(Evaluation, AStrayCallHalvesNoGroupsScore) {
  std::vector<TypeIndex> truths(259, 0), predictions(259, 0);
  predictions.back() = 1;  // a type that no cell of the colon has
  std::vector<std::string> groups(259, "colon");
  truths.push_back(1);
  predictions.push_back(1);
  groups.emplace_back("lung");
  const auto evaluation = evaluate(truths, predictions, flat(2), groups);
  const Scores& colon = evaluation.per_group.at("colon");
  EXPECT_DOUBLE_EQ(colon.macro_f1, 2.0 * 258 / (259 + 258));
  EXPECT_DOUBLE_EQ(colon.macro_precision, 1);
  EXPECT_DOUBLE_EQ(colon.macro_recall, 258.0 / 259);
  EXPECT_EQ(colon.per_type[1].f1, 0) << "the call itself stays to be seen";
  EXPECT_EQ(colon.per_type[1].n_predicted, 1);
  EXPECT_EQ(evaluation.per_group.at("lung").macro_f1, 1);
  EXPECT_DOUBLE_EQ(evaluation.corrected.macro_f1, (2.0 * 258 / (259 + 258) + 2.0 / 3) / 2) << "of all cells";
}

TEST(Evaluation, OneTypeOnly) {
  const std::vector<TypeIndex> cells(7, 0);
  const auto scores = evaluate(cells, cells, flat(1)).corrected;
  EXPECT_EQ(scores.macro_f1, 1);
  EXPECT_EQ(scores.weighted_f1, 1);
  EXPECT_EQ(scores.micro_f1, 1);
}

TEST(Evaluation, WithoutCellsEverythingIsNaN) {
  for (const std::size_t n : {0U, 3U}) {
    const auto evaluation = evaluate({}, {}, flat(n));
    EXPECT_TRUE(std::isnan(evaluation.corrected.macro_f1));
    EXPECT_TRUE(std::isnan(evaluation.uncorrected.weighted_f1));
    EXPECT_TRUE(std::isnan(evaluation.corrected.micro_f1));
    EXPECT_TRUE(std::isnan(evaluation.corrected.macro_recall));
    EXPECT_EQ(evaluation.corrected.n_cells, 0);
    EXPECT_THAT(evaluation.per_group, IsEmpty());
  }
  const auto left_out =
      evaluate(std::vector<TypeIndex>{-1}, std::vector<TypeIndex>{0}, flat(1), std::vector<std::string>{"lung"});
  EXPECT_TRUE(std::isnan(left_out.corrected.macro_f1));
  EXPECT_THAT(left_out.per_group, IsEmpty());
}

TEST(Evaluation, NoCallIsWrongForEveryCell) {
  const auto evaluation =
      evaluate(std::vector<TypeIndex>{0, 0, 1}, std::vector<TypeIndex>{0, kNoCall, kNoCall}, flat(2));
  EXPECT_EQ(evaluation.confusion.no_calls(0), 1);
  EXPECT_EQ(evaluation.confusion.no_calls(1), 1);
  EXPECT_EQ(evaluation.confusion_corrected.no_calls(1), 1);
  EXPECT_DOUBLE_EQ(evaluation.corrected.micro_f1, 1.0 / 3);
  EXPECT_DOUBLE_EQ(evaluation.corrected.per_type[0].recall, 0.5);
  EXPECT_DOUBLE_EQ(evaluation.corrected.per_type[0].precision, 1);
  EXPECT_DOUBLE_EQ(evaluation.corrected.per_type[1].f1, 0);
}

TEST(Evaluation, RefusesWhatIsNoLabel) {
  const std::vector<TypeIndex> one{0}, two{0, 0};
  EXPECT_THROW(evaluate(one, two, flat(1)), std::logic_error);
  EXPECT_THROW(evaluate(two, two, flat(1), std::vector<std::string>{"lung"}), std::logic_error);
  EXPECT_THROW(evaluate(std::vector<TypeIndex>{1}, one, flat(1)), std::logic_error);
  EXPECT_THROW(evaluate(one, std::vector<TypeIndex>{1}, flat(1)), std::logic_error);
  EXPECT_THROW(evaluate(one, std::vector<TypeIndex>{-2}, flat(1)), std::logic_error);
  ConfusionMatrix confusion(1);
  EXPECT_THROW(confusion.add(-1, 0), std::logic_error);
  EXPECT_THROW((void)corrected(confusion, flat(2)), std::logic_error);
}

TEST(Evaluation, BalancedClassWeights) {
  // Each type present weighs as much as the others in all: weight × count is n_cells / n_types_present.
  EXPECT_THAT(balanced_class_weights(std::vector<std::int64_t>{1, 3, 0, 2}),
              ElementsAre(DoubleEq(2), DoubleEq(2.0 / 3), DoubleEq(0), DoubleEq(1)));
  EXPECT_THAT(balanced_class_weights(std::vector<std::int64_t>{5}), ElementsAre(DoubleEq(1)));
  EXPECT_THAT(balanced_class_weights(std::vector<std::int64_t>{0, 0}), ElementsAre(0, 0));
  EXPECT_THAT(balanced_class_weights({}), IsEmpty());
  const auto large = balanced_class_weights(std::vector<std::int64_t>{30'000'000'000, 10'000'000'000});
  EXPECT_THAT(large, ElementsAre(DoubleEq(2.0 / 3), DoubleEq(2)));
}

}  // namespace
}  // namespace sctab::evaluate
