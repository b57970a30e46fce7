#include "sctab/model/type_scores.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "sctab/model/architecture.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/predictor.hpp"
#include "support/fixtures.hpp"

namespace sctab::model::tests {
namespace {

TEST(Celltypist, CutsScaledValuesAtTen) {
  const sctab::tests::TemporaryFolder folder;
  ModelArrays arrays;
  arrays.add("factor", {2}, {4, 4});
  arrays.add("weight", {2, 2}, {1, 0, 0, 1});
  arrays.add("bias", {2}, {0.5, 0});
  arrays.add("cells_per_type", {2}, {1, 1});
  arrays.write(folder / "model.safetensors");
  Architecture architecture;
  architecture.kind = ModelKind::kCelltypist;
  architecture.n_genes = architecture.n_types = 2;
  sparse::CsrMatrix cells;
  cells.clear(2);
  cells.append_row(std::vector<sparse::GeneIndex>{0, 1}, std::vector<float>{2, 3});
  std::vector<float> probabilities, scores;
  load_celltypist(folder / "model.safetensors", architecture, {})->predict(cells.view(), probabilities, scores);
  EXPECT_EQ(scores, (std::vector<float>{8.5, 10}));  // 2 · 4 + 0.5, and 3 · 4 cut
}

}  // namespace
}  // namespace sctab::model::tests
