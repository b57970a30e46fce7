#include "sctab/corpus/obs_collection.hpp"
#include "sctab/formats/h5ad/reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

using tests::H5adFile;
using Texts = std::vector<std::string>;

class ObsCollectionTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const H5adFile& file) { file.write(folder_ / name); }
  CellTable collect(const Texts& names) {
    ObsCollector collector(ontology_, keys_);
    for (const auto& name : names) collector.add(h5ad::File(folder_ / name));
    CellTable cells = collector.finish();
    replaced_ = collector.replaced_labels();
    for (const auto& column : cells.codes) EXPECT_EQ(column.size(), cells.size());
    EXPECT_EQ(cells.primary.size(), cells.size());
    return cells;
  }
  static std::string text(const CellTable& cells, Field field, std::size_t cell) {
    const std::int32_t code = cells.column(field)[cell];
    return code < 0 ? "(none)" : cells.dictionary(field).text(code);
  }

  tests::TemporaryFolder folder_;
  ontology::Ontology ontology_ = tests::small_ontology();
  ObsKeys keys_;
  std::vector<ReplacedLabel> replaced_;
  H5adFile file_ = tests::small_file(2, 1);  // 20 cells
};

TEST_F(ObsCollectionTest, TheDatasetIsAColumnElseTheFilesName) {
  write("named.h5ad", file_);
  file_.obs.erase("dataset_id");
  write("plain.h5ad", file_);
  file_.set_all("study", "a study");
  file_.obs["study"][7] = "nan";
  write("studied.h5ad", file_);
  CellTable cells = collect({"named.h5ad", "plain.h5ad", "studied.h5ad"});
  EXPECT_EQ(text(cells, Field::kDataset, 0), "data");
  EXPECT_EQ(text(cells, Field::kDonor, 0), "data:donor0");
  EXPECT_EQ(text(cells, Field::kDonor, 20), "plain:donor0");
  EXPECT_EQ(text(cells, Field::kDonor, 40), "a study:donor0");
  EXPECT_EQ(text(cells, Field::kDataset, 47), "studied");
  keys_.dataset = "tissue";
  cells = collect({"named.h5ad"});
  EXPECT_EQ(text(cells, Field::kDataset, 0), "blood");
}

TEST_F(ObsCollectionTest, AKeyOfSeveralColumnsNamesThemAll) {
  file_.obs.extract("donor_id");
  for (std::size_t cell = 0; cell < file_.n_cells(); ++cell) {
    file_.obs["plate"].push_back("p" + std::to_string(cell / 10));
    file_.obs["well"].push_back(cell == 3 ? "NA" : "w" + std::to_string(cell % 2));
  }
  write("a.h5ad", file_);
  keys_.donor = "plate,well";
  const CellTable cells = collect({"a.h5ad"});
  EXPECT_EQ(text(cells, Field::kDonor, 0), "data:p0/w0");
  EXPECT_EQ(text(cells, Field::kDonor, 3), "(none)");
  EXPECT_EQ(text(cells, Field::kDonor, 13), "data:p1/w1");
  EXPECT_EQ(cells.dictionary(Field::kDonor).size(), 4);
}

TEST_F(ObsCollectionTest, OnePersonOfTwoSourcesOfADatasetIsOneDonor) {
  keys_.donor = "sample";
  file_.set_all("donor_id", "anna");
  file_.set_all("sample", "s1");
  write("a.h5ad", file_);
  file_.set_all("sample", "s2");
  write("b.h5ad", file_);
  const CellTable cells = collect({"a.h5ad", "b.h5ad"});
  EXPECT_EQ(cells.dictionary(Field::kDonor).size(), 1);
  EXPECT_EQ(text(cells, Field::kDonor, 25), "data:s1 and 1 more");
}

TEST_F(ObsCollectionTest, ObsoleteLabelsAreReplacedAndCountedOverSources) {
  for (const std::size_t cell : {1U, 2U, 3U}) file_.obs["cell_type_ontology_term_id"][cell] = "CL:0000999";
  file_.obs["cell_type_ontology_term_id"][4] = "Unknown";
  file_.obs["cell_type_ontology_term_id"][5] = "";
  write("a.h5ad", file_);
  write("b.h5ad", file_);
  const CellTable cells = collect({"a.h5ad", "b.h5ad"});
  EXPECT_EQ(text(cells, Field::kCellType, 1), "CL:0000236");
  EXPECT_EQ(text(cells, Field::kCellType, 4), "(none)");
  EXPECT_EQ(text(cells, Field::kCellType, 5), "(none)");
  ASSERT_EQ(replaced_.size(), 1U);
  EXPECT_EQ(replaced_[0].from, "CL:0000999");
  EXPECT_EQ(replaced_[0].to, "CL:0000236");
  EXPECT_EQ(replaced_[0].cells, 6);
}

TEST_F(ObsCollectionTest, AssumePrimaryIsForFilesWithoutTheColumnOnly) {
  file_.primary[0] = 0;
  file_.primary[1] = 2;  // missing
  write("a.h5ad", file_);
  file_.primary.clear();
  write("b.h5ad", file_);
  SCTAB_EXPECT_THROW_WITH(collect({"a.h5ad", "b.h5ad"}), core::InputError, "b.h5ad", "--assume-primary");
  keys_.assume_primary = true;
  CellTable cells = collect({"a.h5ad", "b.h5ad"});
  EXPECT_EQ(cells.primary[0], 0);
  EXPECT_EQ(cells.primary[1], 0);  // not known to be primary
  EXPECT_EQ(std::count(cells.primary.begin(), cells.primary.end(), 1), 38);
  keys_.primary_only = keys_.assume_primary = false;
  cells = collect({"a.h5ad", "b.h5ad"});
  EXPECT_EQ(std::count(cells.primary.begin(), cells.primary.end(), 1), 40);
}

TEST_F(ObsCollectionTest, TissueGeneralFallsBackAndMissingIsUnknown) {
  write("a.h5ad", file_);
  file_.set_all("tissue_general", "immune system");
  file_.set_all("tissue_ontology_term_id", "UBERON:0000178");
  file_.obs.erase("tissue");
  file_.obs.erase("assay");
  write("b.h5ad", file_);
  const CellTable cells = collect({"a.h5ad", "b.h5ad"});
  EXPECT_EQ(text(cells, Field::kTissueGeneral, 0), "blood");
  EXPECT_EQ(text(cells, Field::kDisease, 0), "unknown");
  EXPECT_EQ(text(cells, Field::kTissueGeneral, 20), "immune system");
  EXPECT_EQ(text(cells, Field::kTissue, 20), "UBERON:0000178");
  EXPECT_EQ(text(cells, Field::kAssay, 20), "unknown");
}

}  // namespace
}  // namespace sctab::corpus
