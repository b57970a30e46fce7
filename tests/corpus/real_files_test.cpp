#include <gtest/gtest.h>

#include <set>

#include "sctab/core/error.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/describe.hpp"
#include "support/fixtures.hpp"

namespace sctab::corpus {
namespace {

using store::Split;

BuildOptions small_corpus_options() {
  BuildOptions options;
  options.curation.assume_primary = true;
  options.curation.tenx_only = false;
  options.curation.min_cells = 15;
  options.curation.min_donors = 0;
  options.curation.min_ancestors = 0;
  options.ontology = tests::shared_folder() / "data/ontology/cl_2023-07-20.obo";
  options.genes = tests::shared_folder() / "data/genes/sctab_features.csv";
  return options;
}

// The nine files of several tissues: 10x, inDrop and plates, one without donors, one of expected counts.
TEST(RealFiles, TheCrossTissueMixBecomesAStore) {
  SCTAB_NEED_SHARED(cells, "data/cells");
  std::vector<std::filesystem::path> sources;
  for (const char* name :
       {"kang_ifnb", "zheng_facs", "he_liver", "wu_breast_cid4465", "darmanis_brain", "moncada_pdac_a",
        "baron_pancreas_mini", "li_colon_normal_mucosa", "pelka_colon_epithelium"}) {
    sources.push_back(cells / (std::string(name) + ".h5ad"));
  }
  const tests::TemporaryFolder folder;
  const BuildResult result = build(sources, folder / "store", small_corpus_options());
  // Of 12,208 cells 181 have no label, 201 are malignant cells, which are not below native cell, and 55 are of types
  // of fewer than 15 cells.
  EXPECT_EQ(result.n_types, 44);
  EXPECT_EQ(result.n_cells, 11'771);
  EXPECT_GT(result.cells_without_donor, 200);  // li: none has one
  const store::Store store = store::Store::open(folder / "store");
  const store::ObsTable train = store.obs(Split::kTrain);
  const std::set<std::int32_t> in_train(train.column(Field::kCellType).begin(), train.column(Field::kCellType).end());
  EXPECT_EQ(in_train.size(), 44U);  // whoever alone carries a type trains
  EXPECT_GT(store.n_cells(Split::kVal), 0);
  EXPECT_GT(store.n_cells(Split::kTest), 0);
  EXPECT_EQ(store.genes().size(), 19'357);
  for (const auto& source : result.provenance.at("sources")) {
    EXPECT_EQ(source.at("integers"), source.at("path").get<std::string>().find("li_colon") == std::string::npos);
    EXPECT_GT(source.at("genes_found"), 1'936);
  }
}

TEST(RealFiles, AnUntouchedCellxgeneFileBecomesAStore) {
  SCTAB_NEED_SHARED(file, "data/cells/lattice_liver_bcells_cellxgene.h5ad");
  const tests::TemporaryFolder folder;
  BuildOptions options = small_corpus_options();
  options.curation.tenx_only = true;  // its assays are EFO terms
  SCTAB_EXPECT_THROW_WITH(build({file}, folder / "store", options), core::InputError, "is primary data",
                          "removed 146 cells");
  options.curation.primary_only = false;
  const BuildResult result = build({file}, folder / "store", options);
  EXPECT_EQ(result.n_cells, 146);
  EXPECT_EQ(result.n_donors, 4);
  EXPECT_EQ(result.provenance.at("sources").at(0).at("matrix"), "raw/X");
  // Several samples of one person are one donor still.
  options.donor_key = "sample";
  options.overwrite = true;
  EXPECT_EQ(build({file}, folder / "store", options).n_donors, 4);
}

TEST(RealFiles, FortyDonorsSplitAsThePaperSplits) {
  SCTAB_NEED_SHARED(file, "data/cells/onek1k_40donors_1000genes.h5ad");
  const tests::TemporaryFolder folder;
  BuildOptions options = small_corpus_options();
  options.genes.clear();
  const BuildResult result = build({file}, folder / "store", options);
  EXPECT_EQ(result.split_donors, (std::array<std::int64_t, 3>{28, 6, 6}));
  EXPECT_EQ(result.n_cells, 7'811);
  const auto description = describe(store::Store::open(folder / "store"));
  EXPECT_EQ(description.at("all").at("donors"), 40);
}

TEST(RealFiles, AnUnlabelledFileHasNoTypes) {
  SCTAB_NEED_SHARED(file, "data/cells/laughney_lung_tumour.h5ad");
  const tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(build({file}, folder / "store", small_corpus_options()), core::InputError, "leaves 0 types",
                          "'labelled with a Cell Ontology term' removed 8,402 cells");
}

}  // namespace
}  // namespace sctab::corpus
