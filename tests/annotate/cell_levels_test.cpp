#include "sctab/annotate/cell_levels.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::annotate {
namespace {

using core::InputError;
using Levels = std::vector<model::LevelIndex>;

model::ModelDescription tissue_model() {
  model::ModelDescription model;
  model.name = "tissue-model";
  model.covariate = {
      .column = "tissue_general", .obs_columns = {"tissue_general", "tissue"}, .levels = {"blood", "lung"}, .value = 3};
  return model;
}

class CellLevelsTest : public testing::Test {
 protected:
  /// A file of five cells with these columns.
  h5ad::File file(const std::vector<formats::Column>& obs) const {
    h5ad::Writer writer(folder_ / "cells.h5ad", 1);
    sparse::CsrMatrix cells;
    cells.clear(1);
    for (int i = 0; i < 5; ++i) cells.append_row(std::vector<sparse::GeneIndex>{0}, std::vector<float>{1});
    writer.append(cells.view());
    writer.write_obs({"a", "b", "c", "d", "e"}, obs);
    writer.write_var({"ENSG00000000001"}, {});
    writer.close();
    return h5ad::File(folder_ / "cells.h5ad");
  }
  static formats::Column column(const std::string& name) {
    return {name,
            formats::Categorical{.codes = {0, 1, -1, 2, 2}, .categories = {"lung", "blood", "Skin"}, .ordered = false}};
  }

  sctab::tests::TemporaryFolder folder_;
};

TEST_F(CellLevelsTest, AreReadFromTheFirstColumnThatTheFileHas) {
  const LevelsFound found = cell_levels(file({column("tissue")}), tissue_model(), {});
  EXPECT_EQ(found.levels.levels(), (Levels{1, 0, -1, -1, -1}));
  EXPECT_EQ(found.source, "obs column tissue");
  EXPECT_EQ(found.levels.n_without(), 3);
  EXPECT_EQ(found.unknown_values, (std::map<std::string, std::int64_t>{{"Skin", 2}}));
  const LevelsFound both =
      cell_levels(file({{"tissue_general", formats::Categorical{{0, 0, 0, 0, 0}, {"blood"}, false}}, column("tissue")}),
                  tissue_model(), {});
  EXPECT_EQ(both.levels.levels(), Levels(5, 0));
  EXPECT_EQ(both.levels.n_without(), 0);
}

TEST_F(CellLevelsTest, AFileWithoutTheColumnHasNone) {
  const LevelsFound found = cell_levels(file({column("organ")}), tissue_model(), {});
  EXPECT_EQ(found.levels.levels(), Levels(5, model::kNoLevel));
  EXPECT_EQ(found.source, "obs has no column tissue_general or tissue");
  EXPECT_EQ(found.levels.n_without(), 5);
}

TEST_F(CellLevelsTest, WhatIsGivenCountsForAllCells) {
  const LevelsFound given = cell_levels(file({column("tissue")}), tissue_model(), {.obs = "tissue_general=blood"});
  EXPECT_EQ(given.levels.levels(), Levels(5, 0));
  EXPECT_EQ(given.levels.n_without(), 0);
  const LevelsFound withheld = cell_levels(file({column("tissue")}), tissue_model(), {.without = true});
  EXPECT_EQ(withheld.levels.levels(), Levels(5, model::kNoLevel));
  EXPECT_EQ(withheld.levels.n_without(), 5);
}

TEST_F(CellLevelsTest, ATissueIsAModelsNameInAnyCaseOrAUberonId) {
  const h5ad::File cells = file({column("tissue")});
  for (const char* tissue : {"lung", "Lung", " lung ", "UBERON:0002048", "uberon:0002048"}) {
    const LevelsFound found = cell_levels(cells, tissue_model(), {.tissue = tissue});
    EXPECT_EQ(found.levels.levels(), Levels(5, 1)) << tissue;
    EXPECT_EQ(found.source, std::string("--tissue ") + tissue);
  }
  model::ModelDescription by_id = tissue_model();
  by_id.covariate->levels = {"UBERON:0000178", "UBERON:0002048"};
  EXPECT_EQ(cell_levels(cells, by_id, {.tissue = "UBERON:0002048"}).levels.levels(), Levels(5, 1));
}

TEST_F(CellLevelsTest, ATissueIsWithoutEffectOnOtherModels) {
  const h5ad::File cells = file({column("assay")});
  model::ModelDescription plain, assay = tissue_model();
  assay.covariate->column = "assay";
  assay.covariate->obs_columns = {"assay"};
  EXPECT_TRUE(takes_tissue(tissue_model()));
  EXPECT_FALSE(takes_tissue(plain));
  EXPECT_FALSE(takes_tissue(assay));
  EXPECT_TRUE(cell_levels(cells, plain, {.tissue = "lung"}).levels.levels().empty());
  EXPECT_EQ(cell_levels(cells, assay, {.tissue = "lung"}).source, "obs column assay");
}

TEST_F(CellLevelsTest, TermsOfAssaysAreNamedAndMissingValuesAreNoUnknownLevels) {
  model::ModelDescription model = tissue_model();
  model.covariate = {.column = "assay",
                     .obs_columns = {"assay", "assay_ontology_term_id"},
                     .levels = {"10x 3' v2", "10x 3' v3"},
                     .value = 3};
  const formats::Categorical terms{{0, 1, 2, 3, 4}, {"EFO:0009922", "EFO:0009899", "EFO:0008931", "na", "NaN"}, false};
  const h5ad::File cells = file({{"assay_ontology_term_id", terms}});
  const LevelsFound found = cell_levels(cells, model, {});
  EXPECT_EQ(found.levels.levels(), (Levels{1, 0, -1, -1, -1}));
  EXPECT_EQ(found.levels.n_without(), 3);
  EXPECT_EQ(found.unknown_values, (std::map<std::string, std::int64_t>{{"EFO:0008931", 1}}));
  EXPECT_EQ(cell_levels(cells, model, {.obs = "assay=EFO:0009899"}).levels.levels(), Levels(5, 0));
}

TEST_F(CellLevelsTest, MistakesAreNamed) {
  const h5ad::File cells = file({column("tissue")});
  const auto refused = [&](const CovariateOptions& options, const model::ModelDescription& model, const char* what) {
    SCTAB_EXPECT_THROW_WITH(cell_levels(cells, model, options), InputError, "--", what);
  };
  refused({.obs = "tissue_general=Skin"}, tissue_model(), "expected blood or lung");
  refused({.tissue = "Skin"}, tissue_model(), "expected blood or lung");
  refused({.tissue = "UBERON:0002097"}, tissue_model(), "expected blood or lung");
  refused({.tissue = "lungs"}, tissue_model(), "did you mean 'lung'?");
  refused({.obs = "tissue=blood"}, tissue_model(), "expected tissue_general=VALUE");
  refused({.obs = "blood"}, tissue_model(), "expected tissue_general=VALUE");
  refused({.obs = "tissue_general=blood", .without = true}, tissue_model(), "choose one");
  refused({.tissue = "blood", .obs = "tissue_general=blood"}, tissue_model(), "choose one");
  const model::ModelDescription plain;
  refused({.obs = "tissue=blood"}, plain, "has no covariate");
  refused({.without = true}, plain, "has no covariate");
  EXPECT_TRUE(cell_levels(cells, plain, {}).levels.levels().empty());
}

}  // namespace
}  // namespace sctab::annotate
