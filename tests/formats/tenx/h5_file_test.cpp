#include "sctab/formats/tenx/h5_file.hpp"

#include <gtest/gtest.h>

#include <map>

#include "formats/tenx/example_cells.hpp"
#include "sctab/core/error.hpp"

namespace sctab::tenx {
namespace {

using namespace tests;
using formats::InputKind;
using formats::open_cells;

class TenxH5 : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!sctab::tests::has_python_anndata()) return;
    folder = std::make_unique<sctab::tests::TemporaryFolder>();
    write_examples("formats/tenx/example_files.py", folder->path());
  }
  static void TearDownTestSuite() { folder.reset(); }
  void SetUp() override { SCTAB_NEED_PYTHON_ANNDATA(); }

  static std::filesystem::path file(const std::string& name) { return *folder / (name + ".h5"); }
  static std::unique_ptr<formats::CellSource> open(const std::string& name) { return open_cells(file(name)); }

  static inline std::unique_ptr<sctab::tests::TemporaryFolder> folder;
};

TEST_F(TenxH5, ReadsEveryTypeOfNumbersAndTexts) {
  for (const char* name : {"v3", "v3-i1", "v3-u1", "v3-i2", "v3-u2", "v3-u4", "v3-i8", "v3-f4", "v3-f8", "contiguous",
                           "variable-text", "cellbender"}) {
    SCOPED_TRACE(name);
    const auto source = open(name);
    EXPECT_EQ(source->path(), file(name));
    EXPECT_EQ(source->notes(), std::vector<std::string>());
    EXPECT_EQ(source->obs_columns(), std::vector<std::string>());
    EXPECT_EQ(source->obs_names(), numbered("CELL", kCells, "-1"));
    const formats::CountsSource counts = source->find_counts(InputKind::kCounts, "");
    EXPECT_EQ(counts.matrix_path, "matrix");
    EXPECT_TRUE(counts.integers);
    EXPECT_EQ(counts.n_genes, kGenes);
    EXPECT_EQ(source->gene_names("matrix"), example_ids());
    EXPECT_EQ(source->gene_symbols("matrix"), numbered("GENE", kGenes));
    expect_example(*source, "matrix");
  }
}

TEST_F(TenxH5, ReadsWholeChunksOfWideIndices) {
  const std::vector<float> expected = read_dense(*open("contiguous"), "matrix");
  for (const char* name : {"shuffled-i8", "shuffled-u8", "shuffled-i4", "v3"}) {
    EXPECT_EQ(read_dense(*open(name), "matrix", 1000), expected) << name;
    EXPECT_EQ(read_dense(*open(name), "matrix", 20), expected) << name;
  }
  for (const core::CellIndex cells_of_block : {10, 1000}) {
    SCTAB_EXPECT_THROW_WITH((void)read_dense(*open("gene-far-outside"), "matrix", cells_of_block), core::InputError,
                            "gene-far-outside.h5", "outside of the 53 genes");
  }
}

TEST_F(TenxH5, FindsCountsByTheValues) {
  const formats::CountsSource expected = open("expected-counts")->find_counts(InputKind::kCounts, "matrix");
  EXPECT_FALSE(expected.integers);
  expect_example(*open("expected-counts"), "matrix", 1.25F);
  SCTAB_EXPECT_THROW_WITH((void)open("logs")->find_counts(InputKind::kCounts, ""), core::InputError, "logs.h5",
                          "no raw counts found", "log-normalised values");
  EXPECT_TRUE(open("logs")->find_counts(InputKind::kLogNormalised, "").log_normalised);
  SCTAB_EXPECT_THROW_WITH((void)open("v3")->find_counts(InputKind::kCounts, "X"), core::InputError,
                          "has no matrix 'X'; expected matrix");
  SCTAB_EXPECT_THROW_WITH((void)open("v3")->obs("donor"), core::InputError, "v3.h5", "no column 'donor'");
}

TEST_F(TenxH5, ReadsOneGenomeOfCellRanger2) {
  const auto source = open("v2");
  EXPECT_EQ(source->find_counts(InputKind::kCounts, "").matrix_path, "GRCh38");
  EXPECT_EQ(source->gene_names("GRCh38"), example_ids());
  EXPECT_TRUE(source->notes().empty());
  expect_example(*source, "GRCh38");

  const auto two = open("v2-two-species");
  expect_example(*two, "hg19");
  EXPECT_EQ(two->gene_names("hg19"), example_ids());
  EXPECT_EQ(two->gene_symbols("hg19"), numbered("GENE", kGenes));
  EXPECT_EQ(two->notes(), std::vector<std::string>{"read the cells of hg19 and left out those of mm10"});
  SCTAB_EXPECT_THROW_WITH((void)open("v2-no-human"), core::InputError, "v2-no-human.h5", "mm10, rn6", "human");
}

TEST_F(TenxH5, LeavesOutWhatIsNotAGene) {
  const auto source = open("antibodies");
  ASSERT_EQ(source->notes().size(), 1U);
  EXPECT_EQ(source->notes().front(),
            "left out 6 features that are not genes: Antibody Capture (4), CRISPR Guide Capture (1), Multiplexing "
            "Capture (1)");
  EXPECT_EQ(source->find_counts(InputKind::kCounts, "").n_genes, kGenes);
  EXPECT_EQ(source->gene_names("matrix"), example_ids());
  expect_example(*source, "matrix");
  SCTAB_EXPECT_THROW_WITH((void)open("antibodies-alone"), core::InputError, "antibodies-alone.h5", "holds no genes",
                          "Antibody Capture (4) alone");
  SCTAB_EXPECT_THROW_WITH((void)open("peaks"), core::InputError, "peaks.h5", "Peaks (4) alone");
}

TEST_F(TenxH5, ReadsHumanGenesAmongThoseOfTwoSpecies) {
  const auto source = open("two-species");
  ASSERT_EQ(source->notes().size(), 1U);
  EXPECT_NE(source->notes().front().find("mm10 (53 genes)"), std::string::npos) << source->notes().front();
  EXPECT_EQ(source->gene_names("matrix"), example_ids());
  EXPECT_EQ(source->gene_symbols("matrix"), numbered("GENE", kGenes));
  expect_example(*source, "matrix");
  EXPECT_EQ(open("mouse")->gene_names("matrix"), example_ids("ENSMUSG"));
}

TEST_F(TenxH5, SumsTheProbesOfAGene) {
  const auto source = open("probes");
  EXPECT_EQ(source->notes(),
            (std::vector<std::string>{"left out 1 probe that Cell Ranger does not count either (filtered_probes)",
                                      "summed 106 probes to 53 genes"}));
  EXPECT_EQ(source->gene_names("matrix"), example_ids());
  EXPECT_EQ(source->gene_symbols("matrix"), numbered("GENE", kGenes));
  expect_example(*source, "matrix");
}

TEST_F(TenxH5, NotesSpotsAndEmptyDroplets) {
  ASSERT_EQ(open("spots")->notes().size(), 1U);
  EXPECT_NE(open("spots")->notes().front().find("Space Ranger"), std::string::npos);
  const auto raw = open("raw");
  ASSERT_EQ(raw->notes().size(), 1U);
  EXPECT_NE(raw->notes().front().find("most of the 100,000 barcodes"), std::string::npos) << raw->notes().front();
  // The folder that Space Ranger puts next to its matrices.
  const sctab::tests::TemporaryFolder outs;
  std::filesystem::create_directory(outs / "spatial");
  sctab::tests::write_bytes(outs / "spatial/scalefactors_json.json", "{}");
  std::filesystem::copy_file(file("v3"), outs / "filtered_feature_bc_matrix.h5");
  std::filesystem::copy_file(file("v3"), outs / "filtered_feature_cell_matrix.h5");
  EXPECT_EQ(open_cells(outs / "filtered_feature_bc_matrix.h5")->notes().size(), 1U);
  EXPECT_TRUE(open_cells(outs / "filtered_feature_cell_matrix.h5")->notes().empty());
}

TEST_F(TenxH5, GivesResultsAsAnH5ad) {
  const sctab::tests::TemporaryFolder outs;
  const auto source = open("antibodies");
  const auto sink = source->copy_to(outs / "a.h5ad");
  sink->put_obs({"label", formats::as_categorical(numbered("", kCells))});
  sink->close();
  const auto copy = open_cells(outs / "a.h5ad");
  EXPECT_EQ(copy->obs_names(), source->obs_names());
  EXPECT_EQ(copy->gene_names("X"), source->gene_names("matrix"));
  EXPECT_EQ(copy->obs_as_text("label").value(7), "7");
  expect_example(*copy, "X");
}

TEST_F(TenxH5, RefusesWhatIsDamaged) {
  const std::map<std::string, std::vector<std::string>> damaged = {
      {"shape", {"matrix/shape", "is 54 × 137", "53 features × the number of barcodes"}},
      {"shape-of-three", {"matrix/shape", "is 53 × 137 × 1"}},
      {"few-barcodes", {"matrix/barcodes", "136 entries", "expected 137"}},
      {"short-indptr", {"matrix/indptr", "137 entries", "expected 138"}},
      {"short-indices", {"matrix/indices", "one for each value"}},
      {"few-names", {"matrix/features/name", "52 entries", "expected 53"}},
      {"no-barcodes", {"matrix/barcodes"}},
      {"no-indptr", {"matrix/indptr"}},
      {"no-data", {"matrix/data"}},
      {"no-features", {"matrix/genes"}},
      {"no-shape", {"matrix/shape"}},
      {"data-of-texts", {"matrix/data"}},
      {"short-probes", {"matrix/features/filtered_probes", "106 entries", "expected 107"}},
  };
  for (const auto& [name, texts] : damaged) {
    SCOPED_TRACE(name);
    try {
      (void)open(name);
      ADD_FAILURE() << "was opened";
    } catch (const core::InputError& error) {
      EXPECT_NE(std::string(error.what()).find(name + ".h5"), std::string::npos) << error.what();
      for (const auto& text : texts) EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  }
  SCTAB_EXPECT_THROW_WITH((void)read_dense(*open("gene-outside"), "matrix"), core::InputError, "gene-outside.h5",
                          "matrix", "cell 0", "outside of the 53 genes");
  SCTAB_EXPECT_THROW_WITH((void)read_dense(*open("falling-indptr"), "matrix"), core::InputError, "falling-indptr.h5");
}

TEST_F(TenxH5, RefusesAMoleculeInfoByName) {
  SCTAB_EXPECT_THROW_WITH((void)open("molecule_info"), core::InputError, "molecule_info.h5", "lists molecules",
                          "filtered_feature_bc_matrix.h5");
}

TEST_F(TenxH5, RefusesACutFile) {
  const sctab::tests::TemporaryFolder outs;
  const auto bytes = std::filesystem::file_size(file("v3"));
  for (const auto part : {1, 5, 9}) {
    const auto cut = outs / "cut.h5";
    std::filesystem::copy_file(file("v3"), cut, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(cut, bytes * static_cast<std::uintmax_t>(part) / 10);
    SCTAB_EXPECT_THROW_WITH((void)open_cells(cut), core::InputError, "cut.h5");
  }
}

}  // namespace
}  // namespace sctab::tenx
