#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/predictor.hpp"
#include "support/fixtures.hpp"

namespace sctab::model::tests {
namespace {

/// A model whose components are the two genes themselves, with these training cells.
class KnnModel : public testing::Test {
 protected:
  void write(const std::vector<float>& reference, const std::vector<std::int32_t>& types, float k) {
    ModelArrays arrays;
    arrays.add("pca.mean", {2}, {0, 0});
    arrays.add("pca.components", {2, 2}, {1, 0, 0, 1});
    arrays.add("pca.variance", {2}, {1, 1});
    arrays.add("reference", {std::ssize(types), 2}, reference);
    std::vector<std::uint8_t> bytes(types.size() * sizeof(std::int32_t));
    std::memcpy(bytes.data(), types.data(), bytes.size());
    arrays.add_bytes("types", bytes);
    arrays.add("neighbours", {1}, {k});
    arrays.write(folder_ / "model.safetensors");
  }
  [[nodiscard]] std::unique_ptr<Predictor> load() const {
    Architecture architecture;
    architecture.kind = ModelKind::kKnn;
    architecture.n_genes = architecture.n_components = 2;
    architecture.n_types = 3;
    architecture.validate();
    return load_predictor(folder_ / "model.safetensors", architecture, {});
  }
  /// Of a cell with these two values.
  [[nodiscard]] std::vector<float> probabilities(float first, float second) const {
    sparse::CsrMatrix cells;
    cells.clear(2);
    cells.append_row(std::vector<sparse::GeneIndex>{0, 1}, std::vector<float>{first, second});
    std::vector<float> found, embedding;
    load()->predict(cells.view(), found, embedding);
    EXPECT_EQ(embedding, (std::vector<float>{first, second}));
    return found;
  }

  sctab::tests::TemporaryFolder folder_;
};

TEST_F(KnnModel, NeighboursVoteByDistance) {
  // From (1, 0): at distances 0, 1, 2 and 9.
  write({1, 0, 2, 0, 3, 0, 10, 0}, {2, 0, 0, 1}, 3);
  const std::vector<float> found = probabilities(1, 0);
  const double weights[] = {1, std::exp(-0.25), std::exp(-1)}, total = weights[0] + weights[1] + weights[2];
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(std::abs(found[0] - (weights[1] + weights[2]) / total) <= 1e-6);
  EXPECT_EQ(found[1], 0) << "its cell is not among the three";
  EXPECT_TRUE(std::abs(found[2] - weights[0] / total) <= 1e-6);
}

TEST_F(KnnModel, EqualCellsVoteAlikeAndFewerThanKAreAll) {
  write({1, 1, 1, 1}, {1, 2}, 15);
  EXPECT_EQ(probabilities(1, 1), (std::vector<float>{0, 0.5, 0.5}));
  EXPECT_EQ(probabilities(7, 1), (std::vector<float>{0, 0.5, 0.5}));
}

TEST_F(KnnModel, DamagedTypesAreNamed) {
  for (const std::int32_t type : {-1, 3}) {
    write({1, 1, 2, 2}, {0, type}, 1);
    const std::string found = fmt::format("types: {};", type);
    SCTAB_EXPECT_THROW_WITH(static_cast<void>(load()), core::InputError, "model.safetensors", found.c_str());
  }
}

}  // namespace
}  // namespace sctab::model::tests
