#include "sctab/annotate/cell_stream.hpp"

#include <cmath>
#include <limits>
#include <new>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/failing_memory.hpp"
#include "support/fixtures.hpp"

namespace sctab::annotate {
namespace {

using Dense = std::vector<std::vector<float>>;

const genes::GeneList kModel = {.ids = {"ENSG00000000003", "ENSG00000000001", "ENSG00000000002"},
                                .symbols = {"C", "A", "B"}};

/// Writes cells × genes as an h5ad with these gene names.
void write(const std::filesystem::path& path, const Dense& cells, const std::vector<std::string>& genes) {
  h5ad::Writer writer(path, core::narrow<core::GeneIndex>(genes.size()));
  sparse::CsrMatrix matrix;
  matrix.clear(core::narrow<core::GeneIndex>(genes.size()));
  formats::Strings names;
  for (const auto& cell : cells) {
    std::vector<core::GeneIndex> indices;
    std::vector<float> values;
    for (std::size_t gene = 0; gene < cell.size(); ++gene) {
      if (cell[gene] == 0) continue;
      indices.push_back(core::narrow<core::GeneIndex>(gene));
      values.push_back(cell[gene]);
    }
    matrix.append_row(indices, values);
    names.push_back("cell-" + std::to_string(names.size()));
  }
  writer.append(matrix.view());
  writer.write_obs(names, {});
  writer.write_var(genes, {});
  writer.close();
}

/// All cells of a file as a CellStream gives them, dense; n_blocks counts its blocks.
Dense stream(const std::filesystem::path& path, bool log_normalised, core::CellIndex block, int* n_blocks = nullptr,
             CellStreamOptions options = {.threads = 2}) {
  const h5ad::File file(path);
  const GeneMatch genes = match_genes(file, "X", kModel, 0.1);
  formats::CountsSource source;
  source.matrix_path = "X";
  source.log_normalised = log_normalised;
  options.cells_per_block = block;
  CellStream cells(file, source, genes, options);
  Dense all;
  sparse::CsrMatrix matrix;
  while (cells.next(matrix)) {
    EXPECT_EQ(matrix.n_genes, kModel.size());
    EXPECT_LE(matrix.n_cells, block);
    std::vector<float> dense(static_cast<std::size_t>(matrix.n_cells) * 3);
    sparse::to_dense(matrix.view(), dense);
    for (std::size_t i = 0; i < dense.size(); i += 3) all.push_back({dense[i], dense[i + 1], dense[i + 2]});
    if (n_blocks != nullptr) ++*n_blocks;
  }
  EXPECT_FALSE(cells.next(matrix));
  return all;
}

void expect_near(const Dense& got, const Dense& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t cell = 0; cell < got.size(); ++cell) {
    for (std::size_t gene = 0; gene < 3; ++gene) {
      EXPECT_TRUE(std::abs(got[cell][gene] - want[cell][gene]) <= 1e-6F * (1 + want[cell][gene]))
          << cell << "," << gene << ": " << got[cell][gene] << " instead of " << want[cell][gene];
    }
  }
}

float log_norm(float count, float total) {
  return std::log1p(count / total * 1e4F);
}

TEST(CellStream, AlignsAndNormalisesOverTheModelsGenesInBlocks) {
  const tests::TemporaryFolder folder;
  // A gene of the model under its symbol, one with a version, one not there; one that the model lacks does not count.
  write(folder / "x.h5ad", {{1, 9, 3}, {0, 5, 0}, {2, 0, 0}, {0, 0, 0}, {0, 0, 4}},
        {"B", "OTHER", "ENSG00000000003.7"});
  int n_blocks = 0;
  const Dense got = stream(folder / "x.h5ad", false, 2, &n_blocks);
  expect_near(
      got, {{log_norm(3, 4), 0, log_norm(1, 4)}, {0, 0, 0}, {0, 0, log_norm(2, 2)}, {0, 0, 0}, {log_norm(4, 4), 0, 0}});
  EXPECT_EQ(n_blocks, 3);
}

TEST(CellStream, SumsRepeatedGenesAsCounts) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", {{1, 2, 3}, {0, 4, 1}}, {"ENSG00000000001.1", "ENSG00000000002", "ENSG00000000001.2"});
  expect_near(stream(folder / "x.h5ad", false, 8),
              {{0, log_norm(4, 6), log_norm(2, 6)}, {0, log_norm(1, 5), log_norm(4, 5)}});
}

TEST(CellStream, TakesLogNormalisedValuesAsTheyAre) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", {{0.5F, 2.5F}}, {"ENSG00000000001", "ENSG00000000002"});
  expect_near(stream(folder / "x.h5ad", true, 8), {{0, 0.5F, 2.5F}});
}

TEST(CellStream, SumsRepeatedGenesOnTheScaleOfCountsWhereValuesAreLogs) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", {{std::log1p(3.0F), 2, std::log1p(5.0F)}},
        {"ENSG00000000001.1", "ENSG00000000002", "ENSG00000000001.2"});
  expect_near(stream(folder / "x.h5ad", true, 8), {{0, std::log1p(8.0F), 2}});
}

TEST(CellStream, NamesTheFirstBadCellAcrossBlocks) {
  const tests::TemporaryFolder folder;
  Dense cells(10, {1, 1, 1});
  cells[7][1] = std::numeric_limits<float>::quiet_NaN();
  write(folder / "x.h5ad", cells, kModel.ids);
  SCTAB_EXPECT_THROW_WITH(stream(folder / "x.h5ad", false, 3), core::InputError, "x.h5ad", "cell 7", "ENSG00000000001");
}

/// n cells with counts of every kind: small, large, fractions, none.
Dense many_cells(std::size_t n) {
  Dense cells;
  for (std::size_t i = 0; i < n; ++i) {
    cells.push_back({static_cast<float>(i % 7), static_cast<float>(i * i % 1'013), 0.25F * static_cast<float>(i % 11)});
  }
  return cells;
}

TEST(CellStream, GivesTheSameBitsForAnyThreadsAndBlocks) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", many_cells(1'000), kModel.ids);
  const Dense want = stream(folder / "x.h5ad", false, 1'000, nullptr, {.threads = 1, .threads_beside = 0});
  for (const int threads : {1, 2, 5}) {
    for (const int beside : {0, 1, 5}) {
      for (const core::CellIndex block : {1, 3, 64, 999, 5'000}) {
        EXPECT_EQ(stream(folder / "x.h5ad", false, block, nullptr, {.threads = threads, .threads_beside = beside}),
                  want)
            << threads << " " << beside << " " << block;
      }
    }
  }
}

TEST(CellStream, NamesTheFirstOfSeveralBadCellsForAnyThreads) {
  const tests::TemporaryFolder folder;
  Dense cells = many_cells(300);
  for (const std::size_t cell : {151U, 152U, 153U, 200U}) cells[cell][2] = -1;
  write(folder / "x.h5ad", cells, kModel.ids);
  for (int attempt = 0; attempt < 20; ++attempt) {
    SCTAB_EXPECT_THROW_WITH(stream(folder / "x.h5ad", false, 1, nullptr, {.threads = 4}), core::InputError, "x.h5ad",
                            "cell 151", "ENSG00000000002");
  }
}

struct Opened {
  explicit Opened(const std::filesystem::path& path) : file(path), genes(match_genes(file, "X", kModel, 0.1)) {
    source.matrix_path = "X";
  }
  h5ad::File file;
  GeneMatch genes;
  formats::CountsSource source;
};

TEST(CellStream, GoesNoFurtherAfterAFailure) {
  const tests::TemporaryFolder folder;
  Dense cells = many_cells(50);
  cells[20][0] = -1;
  write(folder / "x.h5ad", cells, kModel.ids);
  const Opened opened(folder / "x.h5ad");
  CellStream stream(opened.file, opened.source, opened.genes, {.cells_per_block = 10, .threads = 3});
  sparse::CsrMatrix matrix;
  EXPECT_TRUE(stream.next(matrix));
  EXPECT_TRUE(stream.next(matrix));
  for (int again = 0; again < 3; ++again) EXPECT_THROW(stream.next(matrix), core::InputError);
}

TEST(CellStream, StopsAtCtrlC) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", many_cells(200), kModel.ids);
  const Opened opened(folder / "x.h5ad");
  CellStream stream(opened.file, opened.source, opened.genes, {.cells_per_block = 1, .threads = 2});
  sparse::CsrMatrix matrix;
  EXPECT_TRUE(stream.next(matrix));
  core::set_interrupted(true);
  const auto read_all = [&] {
    while (stream.next(matrix)) {
    }
  };
  EXPECT_THROW(read_all(), core::Interrupted);
  core::set_interrupted(false);
}

// Where memory runs out in the midst of handing blocks over, the caller must not wait for ever.
TEST(CellStream, EndsWhereverAReaderRunsOutOfMemory) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", many_cells(12), kModel.ids);
  const Opened opened(folder / "x.h5ad");
  bool has_failed = true;
  int n_lost = 0;
  for (long n = 1; has_failed; ++n) {
    const tests::FailingMemory memory(n);
    CellStream stream(opened.file, opened.source, opened.genes, {.cells_per_block = 4, .threads = 2});
    sparse::CsrMatrix matrix;
    try {
      while (stream.next(matrix)) {
      }
    } catch (const std::bad_alloc&) {
      ++n_lost;
    }
    has_failed = memory.has_failed();
  }
  EXPECT_GT(n_lost, 10);
}

TEST(CellStream, MayBeLeftBeforeItsEnd) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", many_cells(200), kModel.ids);
  const Opened opened(folder / "x.h5ad");
  for (const int n_taken : {0, 1, 3}) {
    CellStream stream(opened.file, opened.source, opened.genes, {.cells_per_block = 2, .threads = 3});
    sparse::CsrMatrix matrix;
    for (int i = 0; i < n_taken; ++i) EXPECT_TRUE(stream.next(matrix));
  }
}

TEST(GeneMatch, SaysHowManyGenesWereFoundAndHowTheyAreNamed) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", {{1, 1}}, {"Xyz1", "Xyz2"});
  const h5ad::File file(folder / "x.h5ad");
  SCTAB_EXPECT_THROW_WITH(match_genes(file, "X", kModel, 0.1), core::InputError, "x.h5ad", "0 of the model's 3 genes",
                          "gene symbols", "Xyz1");
}

TEST(GeneMatch, AcceptsExactlyTheShareAskedFor) {
  const tests::TemporaryFolder folder;
  write(folder / "x.h5ad", {{1, 1}}, {"A", "Xyz2"});
  const h5ad::File file(folder / "x.h5ad");
  EXPECT_EQ(match_genes(file, "X", kModel, 1.0 / 3).alignment.n_found(), 1);
  EXPECT_THROW(match_genes(file, "X", kModel, 0.34), core::InputError);
}

}  // namespace
}  // namespace sctab::annotate
