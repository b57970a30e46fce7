#include "sctab/kernels/simplex.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/support_search.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

constexpr double kSimplexTolerance = 2e-7;  // float weights of at most 1, thresholds in double

class Simplices : public testing::TestWithParam<Simplex> {};

std::vector<std::vector<float>> rows_to_project() {
  core::Rng rng(4);
  std::vector<std::vector<float>> rows{{3.0F}, {1.0F, 1.0F}, {0.0F, 2.0F}, {0.0F, 1.0F}, {0.0F, 1.999999F, -1e30F}};
  rows.push_back(std::vector<float>(1000, -1000.0F));
  rows.push_back(std::vector<float>(1000, 1000.0F));
  rows.push_back({-1000.0F, 1000.0F, 999.5F});
  for (const std::int64_t width : {2, 5, 63, 64, 65, 127, 128, 129, 3000}) {
    for (const double scale : {0.01, 1.0, 5.0}) rows.push_back(tests::random_normal(rng, width, scale));
  }
  return rows;
}

TEST_P(Simplices, EqualBisection) {
  for (std::vector<float> row : rows_to_project()) {
    const Matrix want = tests::reference::simplex(GetParam(), Matrix(1, std::ssize(row), row));
    simplex_project(GetParam(), row);
    tests::reference::expect_close(row, want, kSimplexTolerance, "weights");
    if (!(std::abs(std::accumulate(row.begin(), row.end(), 0.0) - 1) <= 1e-6))
      ADD_FAILURE() << "weights do not sum to 1";
  }
}

TEST_P(Simplices, EqualBisectionInDouble) {
  for (const std::vector<float>& row : rows_to_project()) {
    const Matrix want = tests::reference::simplex(GetParam(), Matrix(1, std::ssize(row), row));
    std::vector<double> found(row.begin(), row.end());
    simplex_project_f64(GetParam(), found);
    for (std::size_t i = 0; i < row.size(); ++i) {
      // Scores of 1,000 have steps of 1e-13.
      if (!(std::abs(found[i] - want.values[i]) <= 1e-12)) ADD_FAILURE() << found[i] << ", expected " << want.values[i];
    }
  }
}

TEST_P(Simplices, ConditionBoundsHowFarWeightsMove) {
  constexpr double kChange = 1e-6;
  core::Rng rng(5);
  for (const std::vector<float>& row : rows_to_project()) {
    std::vector<float> weights = row;
    simplex_project(GetParam(), weights);
    float largest_score = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (weights[i] > 0) largest_score = std::max(largest_score, std::abs(row[i]));
    }
    std::erase(weights, 0.0F);
    const double condition = simplex_condition(GetParam(), weights, largest_score);
    EXPECT_EQ(condition == 0, weights.size() == 1 || largest_score == 0);
    std::vector<double> before(row.begin(), row.end()), after = before;
    for (double& score : after) score *= 1 + (rng.uniform() < 0.5 ? kChange : -kChange);
    simplex_project_f64(GetParam(), before);
    simplex_project_f64(GetParam(), after);
    for (std::size_t i = 0; i < row.size(); ++i) {
      // Not of genes that enter or leave the support, whose weights are of second order.
      EXPECT_LE(std::abs(after[i] - before[i]), 1.01 * condition * kChange + 3e-6);
    }
  }
}

TEST_P(Simplices, AnEmptyRowIsAcceptedAndNothingIsWritten) {
  std::vector<float> scores = {3.0F, 1.0F};
  simplex_project(GetParam(), std::span(scores).first(0));
  EXPECT_EQ(scores, (std::vector<float>{3.0F, 1.0F}));
}

TEST_P(Simplices, BoundNeverPassesTheThreshold) {
  for (const std::vector<float>& row : rows_to_project()) {
    const Matrix want = tests::reference::simplex(GetParam(), Matrix(1, std::ssize(row), row));
    for (std::size_t seen = 1; seen <= row.size(); seen += seen / 2 + 1) {
      const float bound = simplex_threshold_bound(GetParam(), std::span(row).first(seen), -INFINITY);
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (want.values[i] <= 1e-9) continue;
        EXPECT_GT(row[i], bound) << "after " << seen << " of " << row.size();
      }
    }
  }
}

// Offers what lies above the threshold, as the scan does, `piece` scores at a time.
void offer(SupportSearch& search, std::span<const float> row, std::size_t piece) {
  for (std::size_t first = 0; first < row.size(); first += piece) {
    const SupportSearch::Room room = search.room();
    std::size_t n = 0;
    for (std::size_t i = first; i < std::min(first + piece, row.size()); ++i) {
      if (row[i] <= search.threshold()) continue;
      room.genes[n] = static_cast<sparse::GeneIndex>(i);
      room.scores[n++] = row[i];
    }
    search.offered(n);
  }
}

// However the row is cut, the search must end with the support that the whole row has.
TEST_P(Simplices, SearchFindsTheSupportInOnePass) {
  for (const std::vector<float>& row : rows_to_project()) {
    const Matrix want = tests::reference::simplex(GetParam(), Matrix(1, std::ssize(row), row));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{16}}) {
      SupportSearch search(GetParam());
      offer(search, row, piece);
      search.solve();
      std::vector<float> got(row.size(), 0.0F);
      for (std::size_t i = 0; i < search.genes().size(); ++i) {
        got[static_cast<std::size_t>(search.genes()[i])] = search.weights()[i];
        EXPECT_GT(search.weights()[i], 0.0F);
      }
      EXPECT_TRUE(std::is_sorted(search.genes().begin(), search.genes().end()));
      // No score of the support is farther from 0 than the largest one or the threshold's bound.
      const float largest_score = *std::max_element(row.begin(), row.end());
      EXPECT_GE(search.condition(), simplex_condition(GetParam(), search.weights(), std::abs(largest_score)));
      tests::reference::expect_close(got, want, kSimplexTolerance, "weights");
    }
  }
}

TEST_P(Simplices, SearchMarksACellWithoutFiniteScores) {
  for (const float bad : {NAN, INFINITY}) {
    SupportSearch search(GetParam());
    std::vector<float> row(200, 1.0F);
    row[150] = bad;
    offer(search, row, 16);
    search.solve();
    ASSERT_EQ(search.weights().size(), 1U);
    EXPECT_TRUE(std::isnan(search.weights()[0]));
  }
}

TEST_P(Simplices, BackwardEqualsDifferences) {
  core::Rng rng(11);
  const std::int64_t n_cells = 9, n_genes = 20;
  Matrix scores(n_cells, n_genes, tests::random_normal(rng, n_cells * n_genes));
  const Matrix dmask(n_cells, n_genes, tests::random_normal(rng, n_cells * n_genes));
  const Matrix weights = tests::reference::simplex(GetParam(), scores);
  sparse::CsrMatrix mask;
  mask.clear(static_cast<sparse::GeneIndex>(n_genes));
  std::vector<float> dmask_on_support;
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    std::vector<sparse::GeneIndex> genes;
    std::vector<float> values;
    for (std::int64_t gene = 0; gene < n_genes; ++gene) {
      if (weights.at(cell, gene) <= 0) continue;
      genes.push_back(static_cast<sparse::GeneIndex>(gene));
      values.push_back(static_cast<float>(weights.at(cell, gene)));
      dmask_on_support.push_back(static_cast<float>(dmask.at(cell, gene)));
    }
    mask.append_row(genes, values);
  }
  std::vector<float> dscores(mask.data.size());
  simplex_backward(GetParam(), mask.view(), dmask_on_support, dscores);
  mask.data = dscores;
  const std::vector<double> want = tests::reference::differences(
      scores.values, [&] { return tests::reference::inner(tests::reference::simplex(GetParam(), scores), dmask); },
      1e-6);
  const Matrix got = tests::reference::dense(mask.view());
  const std::vector<float> got_values(got.values.begin(), got.values.end());
  tests::reference::expect_close(got_values, want, 1e-5, "dscores");
}

INSTANTIATE_TEST_SUITE_P(Kinds, Simplices, testing::Values(Simplex::kEntmax15, Simplex::kSparsemax),
                         [](const auto& kind) { return kind.param == Simplex::kEntmax15 ? "Entmax15" : "Sparsemax"; });

}  // namespace
}  // namespace sctab::kernels
