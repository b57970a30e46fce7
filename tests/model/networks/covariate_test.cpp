#include "sctab/model/covariate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/networks/small_model.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/network_tensors.hpp"
#include "sctab/nn/network.hpp"
#include "support/fixtures.hpp"

namespace sctab::model::tests {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using nlohmann::json;

Covariate tissues() {
  return {.column = "tissue", .obs_columns = {"tissue", "organ"}, .levels = {"blood", "lung", "skin"}, .value = 2};
}

/// Four cells of twelve genes, the third without counts.
sparse::CsrMatrix four_cells() {
  sparse::CsrMatrix cells;
  cells.clear(12);
  cells.append_row(std::vector<sparse::GeneIndex>{0, 5, 11}, std::vector<float>{1, 2, 3});
  cells.append_row(std::vector<sparse::GeneIndex>{1}, std::vector<float>{4});
  cells.append_row({}, {});
  cells.append_row(std::vector<sparse::GeneIndex>{2, 11}, std::vector<float>{5, 6});
  return cells;
}

ModelDescription description_of(ModelKind kind, std::size_t n_members = 1) {
  ModelDescription description = small_description(kind, "tissue-model");
  description.covariate = tissues();
  description.architecture.n_levels = 3;
  if (n_members > 1) description.members.clear();
  for (std::size_t i = 1; n_members > 1 && i <= n_members; ++i) {
    description.members.push_back(fmt::format("member-{}.safetensors", i));
  }
  return description;
}

class CovariateModel : public testing::Test {
 protected:
  void write(const ModelDescription& description) const {
    fs::remove_all(model_);
    fs::create_directory(model_);
    for (std::size_t i = 0; i < description.members.size(); ++i) {
      nn::save_weights(model_ / description.members[i],
                       nn::make_network(member_architecture(description.architecture, i), i + 1)->state());
    }
    write_description(model_, description);
  }
  [[nodiscard]] Prediction predict(std::vector<LevelIndex> levels, ClassifierOptions options = {}) const {
    options.threads = 1;
    sparse::CsrMatrix memory;
    const sparse::CsrMatrix cells = four_cells();
    return Classifier::load(model_, options).predict(with_levels(tissues(), cells.view(), levels, memory));
  }

  sctab::tests::TemporaryFolder folder_;
  fs::path model_ = folder_ / "tissue-model";
};

TEST(Covariate, LevelsStandBehindTheGenes) {
  const sparse::CsrMatrix cells = four_cells();
  sparse::CsrMatrix memory;
  const sparse::CsrView x = with_levels(tissues(), cells.view(), std::vector<LevelIndex>{2, kNoLevel, 0, 1}, memory);
  EXPECT_EQ(x.n_genes, 15);
  ASSERT_EQ(x.n_cells, 4);
  const auto genes = [&](sparse::CellIndex cell) {
    const auto row = x.row(cell).indices;
    return std::vector<sparse::GeneIndex>(row.begin(), row.end());
  };
  EXPECT_EQ(genes(0), (std::vector<sparse::GeneIndex>{0, 5, 11, 14}));
  EXPECT_EQ(genes(1), (std::vector<sparse::GeneIndex>{1}));
  EXPECT_EQ(genes(2), (std::vector<sparse::GeneIndex>{12}));
  EXPECT_EQ(genes(3), (std::vector<sparse::GeneIndex>{2, 11, 13}));
  EXPECT_EQ(x.row(0).data.back(), 2);
  EXPECT_EQ(x.row(3).data[1], 6) << "genes keep their values";
}

TEST(Covariate, CellsWithoutLevelsAreWiderAndNotCopied) {
  const sparse::CsrMatrix cells = four_cells();
  sparse::CsrMatrix memory;
  const sparse::CsrView x = with_levels(tissues(), cells.view(), std::vector<LevelIndex>(4, kNoLevel), memory);
  EXPECT_EQ(x.n_genes, 15);
  EXPECT_EQ(x.nnz(), cells.nnz());
  EXPECT_EQ(x.data.data(), cells.data.data());
}

TEST(Covariate, ALevelIsFoundByItsExactName) {
  EXPECT_EQ(tissues().level("lung"), 1);
  EXPECT_EQ(tissues().level("Lung"), kNoLevel);
  EXPECT_EQ(tissues().level(""), kNoLevel);
}

TEST(Covariate, BadEntriesAreNamed) {
  const json good = to_json(tissues());
  EXPECT_EQ(to_json(covariate_from_json(good, "f")), good);
  const auto expect_refused = [&](const char* key, const json& value) {
    json bad = good;
    bad[key] = value;
    SCTAB_EXPECT_THROW_WITH(covariate_from_json(bad, "m/config.json"), InputError, "m/config.json", key);
  };
  expect_refused("column", 3);
  expect_refused("obs_columns", json::array());
  expect_refused("levels", {"blood", 3});
  expect_refused("levels", {"blood", "blood"});
  expect_refused("value", "much");
  expect_refused("value", 0);
  SCTAB_EXPECT_THROW_WITH(covariate_from_json(json::array(), "f"), InputError, "f", "object");
}

TEST_F(CovariateModel, IsReadAsItWasWritten) {
  const ModelDescription want = description_of(ModelKind::kTabnet);
  write(want);
  const ModelDescription found = read_description(model_);
  ASSERT_TRUE(found.covariate.has_value());
  EXPECT_EQ(to_json(*found.covariate), to_json(*want.covariate));
  EXPECT_EQ(found.architecture.n_inputs(), 15);
  EXPECT_EQ(found.genes.ids.size(), 12U) << "a level is not a gene";
  EXPECT_NE(model_card(found).find("a cell's tissue, if that is one of: blood, lung, skin"), std::string::npos);
}

TEST_F(CovariateModel, OlderProgramsRefuseItAndModelsWithoutAreAsTheyWere) {
  write(description_of(ModelKind::kLinear));
  EXPECT_EQ(core::read_json(model_ / "config.json").at("format_version"), 3) << "newer than those that know none";
  write(small_description(ModelKind::kLinear, "tissue-model"));
  const json config = core::read_json(model_ / "config.json");
  EXPECT_EQ(config.at("format_version"), 1);
  EXPECT_FALSE(config.contains("covariate"));
  EXPECT_FALSE(config.at("architecture").contains("n_levels"));
  EXPECT_FALSE(read_description(model_).covariate.has_value());
}

TEST_F(CovariateModel, TheHashFollowsTheLevels) {
  ModelDescription description = description_of(ModelKind::kLinear);
  write(description);
  const std::string before = model_hash(model_);
  std::swap(description.covariate->levels[0], description.covariate->levels[1]);
  write(description);
  EXPECT_NE(model_hash(model_), before);
}

TEST_F(CovariateModel, LevelsThatAreNotThoseOfTheArchitectureAreRefused) {
  write(description_of(ModelKind::kLinear));
  json config = core::read_json(model_ / "config.json");
  config["covariate"]["levels"] = {"blood", "lung"};
  core::write_json(model_ / "config.json", config);
  SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "config.json", "2 levels; expected 3");
  config.erase("covariate");
  core::write_json(model_ / "config.json", config);
  SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "config.json", "0 levels; expected 3");
}

TEST(Covariate, ModelsThatAreNoNetworksHaveNone) {
  Architecture architecture = small_architecture(ModelKind::kCentroid);
  architecture.n_levels = 3;
  SCTAB_EXPECT_THROW_WITH(architecture.validate(), InputError, "n_levels");
}

TEST(Covariate, EachLevelHasAWeightAWidth) {
  Architecture architecture = small_architecture(ModelKind::kLinear);
  const std::int64_t without = model::count_parameters(architecture);
  architecture.n_levels = 3;
  EXPECT_EQ(model::count_parameters(architecture), without + 3 * 5);
}

TEST_F(CovariateModel, PredictionsFollowTheLevelOfEachCellByEveryWayToCompute) {
  constexpr float kRounding = 1e-5F;      // of sums of tens of floats around 1
  constexpr float kHalfRounding = 0.01F;  // of weights of 11 bits
  for (const ModelKind kind : kAllKinds) {
    write(description_of(kind, 2));
    const Prediction none = predict(std::vector<LevelIndex>(4, kNoLevel)), some = predict({0, kNoLevel, kNoLevel, 2});
    const Prediction half = predict({0, kNoLevel, kNoLevel, 2}, {.precision = kernels::Precision::kHalf});
    for (std::size_t cell = 0; cell < 4; ++cell) {
      float difference = 0;
      for (std::size_t i = cell * 5; i < cell * 5 + 5; ++i) {
        difference = std::max(difference, std::abs(some.probabilities[i] - none.probabilities[i]));
        EXPECT_TRUE(std::abs(some.probabilities[i] - half.probabilities[i]) <= kHalfRounding) << name(kind);
      }
      const bool has_level = cell == 0 || cell == 3;
      EXPECT_EQ(difference > kRounding, has_level) << name(kind) << ", cell " << cell;
    }
  }
}

}  // namespace
}  // namespace sctab::model::tests
