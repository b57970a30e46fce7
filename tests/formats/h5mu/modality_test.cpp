// The modalities of MuData files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::h5mu {
namespace {

using formats::Strings;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MuData : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_PYTHON_ANNDATA();
    const auto made = tests::run_python("formats/h5mu/mudata_files.py", folder_.path().string());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  [[nodiscard]] h5ad::File open(const std::string& name, const std::string& modality = "") const {
    return h5ad::File(folder_ / name, {.modality = modality});
  }

 private:
  tests::TemporaryFolder folder_;
};

Strings texts_of(const h5ad::File& cells, const char* column) {
  const formats::Categorical values = cells.obs_as_text(column);
  Strings texts;
  for (std::size_t row = 0; row < values.codes.size(); ++row) texts.push_back(values.value(row));
  return texts;
}

TEST_F(MuData, RnaIsReadUnlessAnotherIsNamed) {
  const h5ad::File rna = open("both.h5mu");
  EXPECT_EQ(rna.modality_path(), "mod/rna");
  EXPECT_THAT(rna.notes(), ElementsAre(HasSubstr("of its modalities (prot, rna), rna is read")));
  EXPECT_THAT(rna.obs_names(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(rna.find_counts().matrix_path, "X");
  EXPECT_EQ(rna.gene_names("X").front(), "ENSG00000000000");
  sparse::CsrMatrix rows;
  ASSERT_TRUE(rna.read_rows("X")->next(10, rows));
  EXPECT_THAT(rows.data, ElementsAre(1.F, 2.F, 3.F, 5.F, 400.F));
  const h5ad::File protein = open("both.h5mu", "prot");
  EXPECT_EQ(protein.n_cells(), 3);
  EXPECT_THAT(protein.gene_names("X"), ElementsAre("CD3", "CD19"));
  EXPECT_EQ(open("only-one.h5mu").modality_path(), "mod/gex");
  EXPECT_THAT(open("only-one.h5mu").notes(), IsEmpty());
  EXPECT_EQ(open("seurat.h5mu").modality_path(), "mod/RNA");
  EXPECT_EQ(open("plain.h5ad").modality_path(), "");
}

TEST_F(MuData, ColumnsOfAllModalitiesAreMatchedByName) {
  for (const char* name : {"both.h5mu", "axis-1.h5mu"}) {
    SCOPED_TRACE(name);
    const h5ad::File rna = open(name);
    const bool has_protein = std::string(name) == "both.h5mu";
    Strings expected = {"leiden", "donor", "n", "phase", "site:kind"};
    if (!has_protein) expected.insert(expected.end() - 1, "prot:isotype");
    EXPECT_EQ(rna.obs_columns(), expected);
    EXPECT_THAT(texts_of(rna, "donor"), ElementsAre("p1", "p2", "p2", "p1"));
    EXPECT_EQ(std::get<formats::Integers>(rna.obs("n").values), (formats::Integers{10, 20, 30, 40}));
    EXPECT_THAT(texts_of(rna, "leiden"), ElementsAre("0", "1", "1", "0")) << "the modality's own";
    EXPECT_THAT(texts_of(rna, "phase"), ElementsAre("G1", "G1", "S", "S"));
    EXPECT_EQ(std::get<formats::Booleans>(rna.obs("site:kind").values), (formats::Booleans{0, 1, 1, 0}));
    EXPECT_EQ(rna.has_obs("prot:isotype"), !has_protein);
    EXPECT_FALSE(rna.has_obs("rna:phase"));
  }
  const h5ad::File protein = open("both.h5mu", "prot");
  EXPECT_EQ(std::get<formats::Integers>(protein.obs("n").values), (formats::Integers{40, 30, 10}));
  EXPECT_EQ(std::get<formats::Reals>(protein.obs("isotype").values), (formats::Reals{4, 1, 2}));
}

TEST_F(MuData, AnObsThatDoesNotNameEachCellOnceIsNotMatched) {
  for (const char* name : {"no-obs.h5mu", "other-cells.h5mu", "repeated-cells.h5mu"}) {
    SCOPED_TRACE(name);
    const h5ad::File rna = open(name);
    EXPECT_THAT(rna.obs_columns(), ElementsAre("leiden"));
    SCTAB_EXPECT_THROW_WITH((void)rna.obs("donor"), core::InputError,
                            "mod/rna/obs: has no column 'donor'; expected leiden");
  }
}

TEST_F(MuData, AModalityThatIsNotThereIsNamed) {
  SCTAB_EXPECT_THROW_WITH((void)open("both.h5mu", "atac"), core::InputError, "both.h5mu: has no modality 'atac'",
                          "prot or rna");
  SCTAB_EXPECT_THROW_WITH((void)open("none-named-rna.h5mu"), core::InputError, "holds the modalities gex, prot",
                          "--modality");
  SCTAB_EXPECT_THROW_WITH((void)open("empty.h5mu"), core::InputError, "mod: has no modalities");
  SCTAB_EXPECT_THROW_WITH((void)open("plain.h5ad", "rna"), core::InputError, "has no modalities", "remove --modality");
}

TEST(MuDataFiles, AsOthersWroteThem) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/other");
  const h5ad::File seurat(folder / "scconvert_citeseq_demo.h5mu");
  EXPECT_EQ(seurat.n_cells(), 500);
  EXPECT_EQ(seurat.find_counts().matrix_path, "layers/counts");
  EXPECT_EQ(seurat.gene_names("layers/counts").size(), 2000U);
  EXPECT_EQ(seurat.obs_as_text("rna_annotations").categories.size(), 15U);
  for (const std::string& column : seurat.obs_columns()) EXPECT_NO_THROW((void)seurat.obs(column)) << column;
  SCTAB_EXPECT_THROW_WITH(h5ad::File(folder / "mudata_axis0.h5mu"), core::InputError,
                          "holds the modalities mod1, mod2");
  const h5ad::File random(folder / "mudata_axis0.h5mu", {.modality = "mod1"});
  EXPECT_EQ(random.n_cells(), 100);
  EXPECT_EQ(random.matrix("raw/X").n_genes, 10);
  EXPECT_EQ(random.obs_columns(), Strings{"arange"});
}

}  // namespace
}  // namespace sctab::h5mu
