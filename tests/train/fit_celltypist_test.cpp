#include "sctab/train/fit_celltypist.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sctab/core/progress.hpp"
#include "sctab/model/predictor.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/captured_log.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::train {
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

TEST(Celltypist, LearnsFromTheSelectedGenesAlone) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  CelltypistOptions options;
  options.top_genes = 4;
  const Fitted fitted = fit_celltypist({store, corpus_size(store), 1, 1}, options);
  const std::int64_t n_selected = fitted.facts["genes_selected"];
  EXPECT_GE(n_selected, 4);
  EXPECT_LE(n_selected, 12);  // of each of the three types with cells
  const std::vector<float>& factor = fitted.arrays.floats("factor", {60});
  const std::vector<float>& weight = fitted.arrays.floats("weight", {60, 4});
  EXPECT_EQ(60 - std::ranges::count(factor, 0.0F), n_selected);
  for (std::size_t gene = 0; gene < 60; ++gene) {
    const auto is_zero = [](float value) { return value == 0; };
    const auto row = std::span(weight).subspan(gene * 4, 4);
    EXPECT_EQ(std::ranges::all_of(row, is_zero), factor[gene] == 0) << gene;
  }
}

TEST(Celltypist, WarnsThatFewCellsScatter) {
  core::Progress::set_quiet(true);
  const tests::TemporaryFolder folder;
  const store::Store store = tests::make_tiny_store(folder / "store");
  CelltypistOptions options;
  options.epochs = 1;
  CorpusSize size = corpus_size(store);
  const tests::CapturedLog log;
  fit_celltypist({store, size, 1, 1}, options);
  EXPECT_NE(log.text().find("300 training cells, and with fewer than 10,000"), std::string::npos) << log.text();
  const std::string before = log.text();
  size.n_train = 10'000;
  fit_celltypist({store, size, 1, 1}, options);
  EXPECT_EQ(log.text(), before);
}

}  // namespace
}  // namespace sctab::train
