#include "sctab/model/model_arrays.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "support/fixtures.hpp"

namespace sctab::model {
namespace {

TEST(PcaArrays, SurviveTheWayThroughAFile) {
  const sctab::tests::TemporaryFolder folder;
  core::Rng rng(4);
  sparse::CsrMatrix cells;
  cells.clear(20);
  for (int cell = 0; cell < 60; ++cell) {
    std::vector<core::GeneIndex> genes;
    std::vector<float> values;
    for (core::GeneIndex gene = cell % 3; gene < 20; gene += 3) {
      genes.push_back(gene);
      values.push_back(static_cast<float>(rng.uniform()));
    }
    cells.append_row(genes, values);
  }
  const linalg::Pca pca = linalg::fit_pca(cells.view(), {.n_components = 5});
  ASSERT_EQ(pca.n_components, 5);
  model::ModelArrays arrays;
  add_pca(pca, arrays);
  arrays.write(folder / "pca.safetensors");
  const auto read = model::ModelArrays::read(folder / "pca.safetensors");
  EXPECT_EQ(pca_from(read, 20, 5).project(cells.view()), pca.project(cells.view()));
  SCTAB_EXPECT_THROW_WITH(pca_from(read, 20, 4), core::InputError, "pca.safetensors", "[20, 4]");
}

}  // namespace
}  // namespace sctab::model
