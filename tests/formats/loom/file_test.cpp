#include "sctab/formats/loom/file.hpp"

#include <gtest/gtest.h>

#include "formats/tenx/example_cells.hpp"
#include "sctab/core/error.hpp"

namespace sctab::loom {
namespace {

using namespace tenx::tests;
using formats::InputKind;
using formats::open_cells;

class Loom : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!sctab::tests::has_python_anndata()) return;
    folder = std::make_unique<sctab::tests::TemporaryFolder>();
    write_examples("formats/loom/example_files.py", folder->path());
  }
  static void TearDownTestSuite() { folder.reset(); }
  void SetUp() override { SCTAB_NEED_PYTHON_ANNDATA(); }

  static std::filesystem::path file(const std::string& name) { return *folder / name; }
  static std::unique_ptr<formats::CellSource> open(const std::string& name) { return open_cells(file(name + ".loom")); }

  static inline std::unique_ptr<sctab::tests::TemporaryFolder> folder;
};

TEST_F(Loom, ReadsEveryShapeOfChunksAndTypeOfNumbers) {
  for (const char* name : {"v3", "v2", "chunks-rows", "chunks-columns", "chunks-odd", "contiguous", "kind-u1",
                           "kind-i2", "kind-u2", "kind-i4", "kind-i8", "kind-f8", "other-names"}) {
    SCOPED_TRACE(name);
    const auto source = open(name);
    EXPECT_EQ(source->obs_names(), numbered("CELL", kCells));
    const formats::CountsSource counts = source->find_counts(InputKind::kCounts, "");
    EXPECT_EQ(counts.matrix_path, "matrix");
    EXPECT_TRUE(counts.integers);
    EXPECT_EQ(counts.n_genes, kGenes);
    expect_example(*source, "matrix");
  }
}

TEST_F(Loom, MatchesGenesByEnsemblIdsIfItHasThem) {
  const auto source = open("v3");
  EXPECT_EQ(source->gene_names("matrix"), example_ids());
  EXPECT_EQ(source->gene_symbols("matrix"), numbered("GENE", kGenes));
  for (const char* name : {"v2", "other-names"}) {
    EXPECT_EQ(open(name)->gene_names("matrix"), numbered("GENE", kGenes)) << name;
    EXPECT_EQ(open(name)->gene_symbols("matrix"), formats::Strings()) << name;
  }
  SCTAB_EXPECT_THROW_WITH((void)open("no-gene-names")->gene_names("matrix"), core::InputError, "no-gene-names.loom",
                          "row_attrs", "no names of genes", "Accession");
}

TEST_F(Loom, ReadsAttributesOfOneDimension) {
  const auto source = open("v3");
  EXPECT_EQ(source->obs_columns(), (std::vector<std::string>{"Age", "Donor", "Flag", "Score", "Score32"}));
  EXPECT_EQ(source->obs_as_text("Donor").value(4), "d1é");
  EXPECT_EQ(source->obs_as_text("Age").value(1), "-2");
  EXPECT_EQ(source->obs_as_text("Score").value(5), "1.25");
  EXPECT_EQ(source->obs_as_text("Score32").value(5), "1.25");
  EXPECT_EQ(source->obs_as_text("Flag").value(1), "False");
  EXPECT_TRUE(source->has_obs("CellID"));
  EXPECT_FALSE(source->has_obs("Embedding"));
  SCTAB_EXPECT_THROW_WITH((void)source->obs("Embedding"), core::InputError, "v3.loom", "col_attrs", "Age", "Score32");
  EXPECT_EQ(open("no-cell-names")->obs_names(), numbered("", kCells));
}

TEST_F(Loom, ReplacesCharacterReferencesBeforeVersion3) {
  const formats::Categorical donors = open("v2")->obs_as_text("Donor");
  EXPECT_EQ(donors.value(0), "dé");
  EXPECT_EQ(donors.value(1), "d中&");
  EXPECT_EQ(donors.value(136), "&#0;&#xD800;&#9");
  EXPECT_EQ(without_entities("&#65;&#x42;&#x1F9EC;&#99999999999;&#;&"), "AB🧬&#99999999999;&#;&");
}

TEST_F(Loom, FindsCountsInLayersWhereTheMatrixHasNone) {
  EXPECT_EQ(open("velocyto")->find_counts(InputKind::kCounts, "").matrix_path, "matrix");
  EXPECT_EQ(open("velocyto")->find_counts(InputKind::kCounts, "unspliced").matrix_path, "layers/unspliced");
  expect_example(*open("velocyto"), "layers/unspliced", 2);
  EXPECT_EQ(open("logs")->find_counts(InputKind::kCounts, "").matrix_path, "layers/spliced");
  EXPECT_EQ(open("logs")->find_counts(InputKind::kLogNormalised, "").matrix_path, "matrix");
  SCTAB_EXPECT_THROW_WITH((void)open("logs-alone")->find_counts(InputKind::kCounts, ""), core::InputError,
                          "logs-alone.loom", "no raw counts", "matrix: log-normalised");
  SCTAB_EXPECT_THROW_WITH((void)open("velocyto")->find_counts(InputKind::kCounts, "none"), core::InputError,
                          "has no matrix 'none'", "layers/spliced");
}

TEST_F(Loom, GivesTheSameRowsInBlocksOfAnySizeByManyThreads) {
  const auto source = open("v3");
  const std::vector<float> whole = read_dense(*source, "matrix", 1000);
  formats::ReadOptions by_threads, in_little_memory;
  by_threads.threads = 3;
  in_little_memory.memory_bytes = 10'000;
  for (const core::CellIndex n : {1, 7, 64, 137}) {
    EXPECT_EQ(read_dense(*source, "matrix", n, by_threads), whole) << n;
    EXPECT_EQ(read_dense(*source, "matrix", n, in_little_memory), whole) << n;
  }
}

TEST_F(Loom, ReadsAFileWithoutCells) {
  const auto source = open("no-cells");
  EXPECT_EQ(source->n_cells(), 0);
  EXPECT_TRUE(source->obs_names().empty());
  EXPECT_TRUE(read_dense(*source, "matrix").empty());
}

TEST_F(Loom, GivesResultsAsAnH5ad) {
  const sctab::tests::TemporaryFolder outs;
  const auto sink = open("v3")->copy_to(outs / "a.h5ad");
  sink->put_obs({"label", formats::as_categorical(numbered("", kCells))});
  sink->close();
  const auto copy = open_cells(outs / "a.h5ad");
  EXPECT_EQ(copy->obs_as_text("Donor").value(4), "d1é");
  EXPECT_EQ(copy->obs_as_text("label").value(7), "7");
  expect_example(*copy, "X");
}

TEST_F(Loom, RefusesWhatIsDamaged) {
  SCTAB_EXPECT_THROW_WITH((void)open("many-values"), core::InputError, "many-values.loom", "col_attrs/Age",
                          "138 values", "expected 137");
  SCTAB_EXPECT_THROW_WITH((void)open("one-dimension"), core::InputError, "one-dimension.loom", "matrix");
  SCTAB_EXPECT_THROW_WITH((void)open("other-shape")->find_counts(InputKind::kCounts, "counts"), core::InputError,
                          "other-shape.loom", "layers/counts", "52 × 137", "53 × 137");
}

TEST(LoomRealFiles, AFileOfScenicIsReadWhole) {
  SCTAB_NEED_SHARED(path, "data/raw_formats/other/scenic_expr_mat.loom");
  const auto source = open_cells(path);
  ASSERT_EQ(source->n_cells(), 100);
  EXPECT_EQ(source->obs_names().front(), "CTGCGGAGTTCGCGAC-1");
  EXPECT_EQ(source->obs_columns(), (std::vector<std::string>{"nGene", "nUMI"}));
  const formats::CountsSource counts = source->find_counts(InputKind::kCounts, "");
  EXPECT_TRUE(counts.integers);
  EXPECT_EQ(counts.n_genes, 8146);
  EXPECT_EQ(source->gene_names("matrix").front(), "PKNOX1");
  // What the file says of its cells.
  const auto totals = std::get<formats::Integers>(source->obs("nUMI").values);
  const std::vector<float> dense = read_dense(*source, "matrix", 64);
  for (std::size_t cell = 0; cell < 100; ++cell) {
    double total = 0;
    for (std::size_t gene = 0; gene < 8146; ++gene) total += dense[cell * 8146 + gene];
    EXPECT_EQ(total, static_cast<double>(totals[cell])) << cell;
  }
}

}  // namespace
}  // namespace sctab::loom
