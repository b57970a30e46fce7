// AnnData's encodings from 0.5 on, in files written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::anndata {
namespace {

using formats::Strings;
using testing::ElementsAre;
using testing::HasSubstr;

class Encodings : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!tests::has_python_anndata()) return;
    folder_ = new tests::TemporaryFolder;
    const auto made = tests::run_python("formats/anndata/encodings.py", folder_->path().string());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override { SCTAB_NEED_PYTHON_ANNDATA(); }
  static h5ad::File open(const std::string& name) { return h5ad::File(path(name)); }
  static std::filesystem::path path(const std::string& name) { return *folder_ / (name + ".h5ad"); }

  static tests::TemporaryFolder* folder_;
};

tests::TemporaryFolder* Encodings::folder_ = nullptr;

Strings texts_of(const Cells& cells, const char* column) {
  const formats::Categorical values = cells.obs_as_text(column);
  Strings texts;
  for (std::size_t row = 0; row < values.codes.size(); ++row) texts.push_back(values.value(row));
  return texts;
}

/// The cells' counts, as encodings.py has them.
void expect_counts(const Cells& cells, std::string_view matrix) {
  sparse::CsrMatrix rows;
  ASSERT_TRUE(cells.read_rows(matrix)->next(100, rows));
  EXPECT_THAT(rows.indptr, ElementsAre(0, 2, 3, 3, 4, 6, 7));
  EXPECT_THAT(rows.indices, ElementsAre(1, 2, 0, 1, 0, 2, 2));
  EXPECT_THAT(rows.data, ElementsAre(1.F, 2.F, 3.F, 5.F, 7.F, 9.F, 400.F));
}

TEST_F(Encodings, TablesOfRecordsBefore07) {
  for (const char* name : {"old", "old-gzip", "old-names-of-variable-length", "old-latin-text"}) {
    SCOPED_TRACE(name);
    const h5ad::File cells = open(name);
    EXPECT_EQ(cells.n_cells(), 6);
    EXPECT_THAT(cells.obs_names(), ElementsAre("cell0", "cell1", "cell2", "cell3", "cell4", "cell5"));
    EXPECT_EQ(cells.find_counts().matrix_path, "raw/X");
    expect_counts(cells, "raw/X");
    EXPECT_EQ(cells.gene_names("raw/X").front(), "ENSG00000000000");
    EXPECT_EQ(cells.gene_names("X").size(), 3U);
    const std::vector<std::string> columns = cells.obs_columns();
    EXPECT_EQ(columns.front(), "donor");
    EXPECT_FALSE(cells.has_obs("index"));
    EXPECT_THAT(texts_of(cells, "donor"), ElementsAre("d0", "d1", "", "d1", "d0", "d1"));
    EXPECT_EQ(texts_of(cells, "site"), Strings(6, "Leiden"));
    EXPECT_THAT(texts_of(cells, "cluster"), ElementsAre("10", "20", "30", "30", "20", "10"));
    EXPECT_EQ(std::get<formats::Integers>(cells.obs("n_umi").values),
              (formats::Integers{-5, 2, 3, 4, 5, std::int64_t{1} << 40}));
    EXPECT_EQ(std::get<formats::Reals32>(cells.obs("score").values), (formats::Reals32{0, .5F, 1, 1.5F, 2, 2.5F}));
    EXPECT_EQ(std::get<formats::Booleans>(cells.obs("good").values), (formats::Booleans{1, 0, 1, 0, 1, 0}));
    EXPECT_EQ(std::get<formats::Integers>(cells.obs("big_endian").values), (formats::Integers{0, 3, 6, 9, 12, 15}));
    EXPECT_THAT(texts_of(cells, "note"), ElementsAre("a", "", "c", "dé", "e", std::string(300, 'f')));
    SCTAB_EXPECT_THROW_WITH((void)cells.obs("pair"), core::InputError, "obs/pair",
                            "neither text, numbers nor booleans");
    SCTAB_EXPECT_THROW_WITH((void)cells.obs("absent"), core::InputError, "has no column 'absent'", "donor");
  }
}

TEST_F(Encodings, OldCategoriesAreThoseOfTheColumnThatTheyFit) {
  const h5ad::File cells = open("old");
  // uns/cluster_categories are those of obs: a gene has the number 7.
  EXPECT_EQ(std::get<formats::Integers>(cells.var("cluster").values), (formats::Integers{0, 7, 1}));
  const auto kinds = std::get<formats::Categorical>(cells.var("kind", "raw/X").values);
  EXPECT_THAT(kinds.categories, ElementsAre("coding", "other"));
}

TEST_F(Encodings, TextThatIsNotUtf8IsNamedWhereItIsAskedFor) {
  SCTAB_EXPECT_THROW_WITH((void)open("old-latin-text").obs("latin"), core::InputError, "obs/latin: row 0",
                          "M\\xFCller");
  SCTAB_EXPECT_THROW_WITH((void)open("old-one-column-too-many-rows"), core::InputError, "has 6 rows, but obs has 4");
}

TEST_F(Encodings, AnXThatIsNullOrAbsentLeavesTheCountsElsewhere) {
  for (const auto& [name, counts] : std::vector<std::pair<const char*, const char*>>{
           {"null-x", "layers/counts"}, {"no-x-one-layer", "layers/spliced"}, {"raw-alone", "raw/X"}}) {
    SCOPED_TRACE(name);
    const h5ad::File cells = open(name);
    const formats::CountsSource source = cells.find_counts();
    EXPECT_EQ(source.matrix_path, counts);
    expect_counts(cells, counts);
    EXPECT_EQ(cells.gene_names(counts).back(), "ENSG00000000002");
    EXPECT_EQ(cells.obs_names().back(), "cell5");
    SCTAB_EXPECT_THROW_WITH((void)cells.find_counts(formats::InputKind::kLogNormalised), core::InputError,
                            "has no matrix 'X'", counts);
  }
  SCTAB_EXPECT_THROW_WITH((void)open("no-x-two-layers").find_counts(), core::InputError,
                          "neither X nor raw/X, but 2 layers: layers/spliced, layers/unspliced", "--counts");
  expect_counts(open("no-x-two-layers"), open("no-x-two-layers").find_counts({}, "spliced").matrix_path);
  SCTAB_EXPECT_THROW_WITH((void)open("no-matrix"), core::InputError, "no-matrix.h5ad",
                          "neither X nor raw/X nor a layer");
}

TEST_F(Encodings, AMatrixOfZerosIsTakenOnlyWhereThereIsNoOther) {
  EXPECT_EQ(open("zeros-in-x").find_counts().matrix_path, "layers/counts");
  EXPECT_EQ(open("zeros-alone").find_counts().matrix_path, "X");
}

TEST_F(Encodings, ValuesWithAMask) {
  const h5ad::File cells = open("columns");
  EXPECT_THAT(texts_of(cells, "text"), ElementsAre("a", "", "b", "", "a", ""));
  EXPECT_THAT(texts_of(cells, "whole"), ElementsAre("1", "", "2", "", "-3", ""));
  EXPECT_EQ(std::get<formats::Booleans>(cells.obs("flag").values), (formats::Booleans{1, 2, 0, 2, 1, 2}));
  EXPECT_THAT(texts_of(cells, "real"), ElementsAre("0.5", "", "1.5", "", "2.5", ""));
  EXPECT_THAT(texts_of(cells, "label"), ElementsAre("B", "T", "", "T", "B", "T"));
  EXPECT_THAT(texts_of(cells, "level"), ElementsAre("10", "20", "", "20", "10", "20"));
  EXPECT_TRUE(std::get<formats::Categorical>(cells.obs("level").values).ordered);
  EXPECT_EQ(texts_of(cells, "kind"), Strings(6, "cell"));
}

}  // namespace
}  // namespace sctab::anndata
