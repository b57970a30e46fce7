#include "sctab/formats/mtx/folder.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "formats/mtx/all_rows.hpp"
#include "formats/mtx/matrix_files.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::mtx {
namespace {

using sctab::tests::MatrixFiles;
using Order = MatrixFiles::Order;

class MtxFolder : public testing::Test {
 protected:
  /// What the files give, in whatever order they have their entries.
  void expect_cells(const MatrixFiles& files, const formats::ReadOptions& options = {}) {
    files.write(folder_ / "m");
    const Folder folder(folder_ / "m");
    for (const core::CellIndex max_cells : {1, 7, 1000}) {
      EXPECT_TRUE(same_cells(all_rows(folder, max_cells, options), files.counts)) << max_cells;
    }
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(MtxFolder, GivesNamesAndCounts) {
  const MatrixFiles files;
  files.write(folder_ / "m");
  const auto source = formats::open_cells(folder_ / "m");
  EXPECT_EQ(source->path(), folder_ / "m");
  EXPECT_EQ(source->n_cells(), 40);
  EXPECT_EQ(source->obs_names().at(39), "AAAC39-1");
  EXPECT_TRUE(source->obs_columns().empty());
  EXPECT_FALSE(source->has_obs("x"));
  SCTAB_EXPECT_THROW_WITH((void)source->obs("x"), core::InputError, "no column 'x'");
  const formats::CountsSource counts = source->find_counts(formats::InputKind::kCounts, "");
  EXPECT_EQ(counts.matrix_path, "matrix.mtx");
  EXPECT_EQ(counts.reason, "matrix.mtx holds integers");
  EXPECT_EQ(counts.n_genes, 30);
  EXPECT_EQ(counts.nnz, std::ssize(files.entries));
  EXPECT_EQ(source->find_counts(formats::InputKind::kCounts, "matrix.mtx").nnz, counts.nnz);
  SCTAB_EXPECT_THROW_WITH((void)source->find_counts(formats::InputKind::kCounts, "raw/X"), core::InputError,
                          "no matrix 'raw/X'", "matrix.mtx");
  EXPECT_EQ(source->gene_names("matrix.mtx").at(29), "ENSG00000000030");
  EXPECT_EQ(source->gene_symbols("matrix.mtx").at(29), "symbol-0000030");
  EXPECT_TRUE(source->notes().empty());
  EXPECT_NO_THROW(source->require_unchanged());
}

TEST_F(MtxFolder, GivesTheSameCellsWhateverTheOrder) {
  for (const bool cells_first : {false, true}) {
    for (const Order order : {Order::kByCell, Order::kByGene, Order::kShuffled}) {
      SCOPED_TRACE(fmt::format("{} {}", cells_first, static_cast<int>(order)));
      expect_cells(MatrixFiles(order, cells_first));
    }
  }
}

TEST_F(MtxFolder, SortsWithLittleMemoryAndAnyNumberOfThreads) {
  const MatrixFiles files(Order::kShuffled, false, 3000, 200);  // 2 MB of text
  for (const int threads : {1, 2, 7}) {
    SCOPED_TRACE(threads);
    formats::ReadOptions options;
    options.memory_bytes = 200'000;  // buckets of some 20 cells, in a scratch file
    options.threads = threads;
    options.temporary_folder = folder_.path();
    files.write(folder_ / "m");
    EXPECT_TRUE(same_cells(all_rows(Folder(folder_ / "m"), 64, options), files.counts));
  }
}

TEST_F(MtxFolder, ReadsLargeSortedFilesInPieces) {
  expect_cells(MatrixFiles(Order::kByCell, false, 5000, 300));  // 5 MB of text
}

TEST_F(MtxFolder, LetsThreadsShareClaims) {
  const MatrixFiles files(Order::kByCell, false, 2000, 100);
  const MatrixFiles shuffled(Order::kShuffled, false, 2000, 100);
  for (const MatrixFiles* each : {&files, &shuffled}) {
    each->write(folder_ / "m");
    const Folder folder(folder_ / "m");
    const auto reader = folder.read_rows("matrix.mtx", {});
    std::vector<formats::RowReader::Work> claims;
    while (auto work = reader->claim(33)) claims.push_back(std::move(work));
    std::vector<sparse::CsrMatrix> blocks(claims.size());
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < claims.size(); i += 3) claims[claims.size() - 1 - i](blocks[claims.size() - 1 - i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    sparse::CsrMatrix all;
    all.clear(100);
    for (const sparse::CsrMatrix& block : blocks) {
      for (core::CellIndex cell = 0; cell < block.n_cells; ++cell) {
        all.append_row(block.row(cell).indices, block.row(cell).data);
      }
    }
    EXPECT_TRUE(same_cells(all, files.counts));
  }
}

TEST_F(MtxFolder, TakesGenesFromLastToFirstAndSumsRepeats) {
  MatrixFiles files;
  files.counts.clear(30);
  const std::vector<core::GeneIndex> genes = {0, 3, 29};
  const std::vector<float> counts = {3, 8, 5};
  files.counts.append_row(genes, counts);
  for (int i = 0; i < 39; ++i) files.counts.append_row({}, {});
  files.head = "%%MatrixMarket matrix coordinate integer general\n30 40 5\n";
  files.entries = {"30 1 5\n", "4 1 1\n", "4 1 7\n", "2 1 0\n", "1 1 3\n"};
  expect_cells(files);
  files.entries = {"4 1 7\n", "1 1 3\n", "30 1 5\n", "2 7 0\n", "4 1 1\n"};
  expect_cells(files);
}

TEST_F(MtxFolder, ReadsNumbersAndBlanksAsTheyCome) {
  MatrixFiles files;
  files.counts.clear(30);
  const std::vector<core::GeneIndex> genes = {0, 1, 2, 3, 4, 5};
  const std::vector<float> counts = {3, 2.5, 10, 1e10F, 16777216, 7};
  files.counts.append_row(genes, counts);
  for (int i = 0; i < 39; ++i) files.counts.append_row({}, {});
  files.head = "%%matrixmarket MATRIX Coordinate Real GENERAL\r\n% a comment\n\n%\n 30\t40 6 \r\n";
  files.entries = {"1 1 3\r\n",         "2\t1\t2.5\n",       "  3  1  1e1  \n",
                   "4 1 10000000000\n", "5 1 +16777216.0\n", "6 1 7\n\n \n"};
  expect_cells(files);
}

TEST_F(MtxFolder, LeavesOutAntibodiesAndSaysSo) {
  MatrixFiles files;
  files.features.clear();
  const auto ids = sctab::tests::gene_ids(30);
  for (std::size_t i = 0; i < 30; ++i) {
    files.features += fmt::format("{}\tname\t{}\n", ids[i], i % 10 == 3 ? "Antibody Capture" : "Gene Expression");
  }
  for (const Order order : {Order::kByCell, Order::kByGene}) {
    MatrixFiles in_order(order);
    in_order.features = files.features;
    in_order.write(folder_ / "m");
    const Folder folder(folder_ / "m");
    ASSERT_EQ(folder.notes().size(), 1U);
    EXPECT_EQ(folder.notes().front(), "left out 3 features that are not genes: Antibody Capture (3)");
    EXPECT_EQ(folder.gene_names("").size(), 27U);
    EXPECT_EQ(folder.gene_names("").at(3), ids[4]);
    const sparse::CsrMatrix all = all_rows(folder);
    EXPECT_EQ(all.n_genes, 27);
    for (core::CellIndex cell = 0; cell < all.n_cells; ++cell) {
      std::map<std::string, float> want, got;
      const auto row = files.counts.row(cell), read = all.row(cell);
      for (std::size_t i = 0; i < row.indices.size(); ++i) {
        if (row.indices[i] % 10 != 3) want[ids[static_cast<std::size_t>(row.indices[i])]] = row.data[i];
      }
      for (std::size_t i = 0; i < read.indices.size(); ++i) {
        got[folder.gene_names("").at(static_cast<std::size_t>(read.indices[i]))] = read.data[i];
      }
      EXPECT_EQ(got, want) << cell;
    }
  }
}

TEST_F(MtxFolder, TakesMoreColumnsOfBarcodesAsObs) {
  MatrixFiles files;
  files.barcodes.clear();
  for (int i = 0; i < 40; ++i) files.barcodes += fmt::format("cell{}\tsample {}\n", i, i % 2);
  files.write(folder_ / "m");
  const Folder folder(folder_ / "m");
  EXPECT_EQ(folder.obs_names().at(1), "cell1");
  EXPECT_EQ(folder.obs_columns(), std::vector<std::string>{"barcodes_2"});
  EXPECT_TRUE(folder.has_obs("barcodes_2"));
  EXPECT_EQ(folder.obs_as_text("barcodes_2").value(1), "sample 1");
}

TEST_F(MtxFolder, NoticesThatAFileChanged) {
  const MatrixFiles files;
  for (const char* name : {"matrix.mtx", "barcodes.tsv", "features.tsv"}) {
    SCOPED_TRACE(name);
    files.write(folder_ / "m");
    const Folder folder(folder_ / "m");
    EXPECT_EQ(folder.identity(), Folder(folder_ / "m").identity());
    std::filesystem::last_write_time(folder_ / "m" / name,
                                     std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    SCTAB_EXPECT_THROW_WITH(folder.require_unchanged(), core::InputError, name, "changed while it was read");
    EXPECT_NE(folder.identity(), Folder(folder_ / "m").identity());
  }
}

TEST_F(MtxFolder, TellsLogarithmsFromCounts) {
  MatrixFiles files;
  for (std::string& entry : files.entries) entry.insert(entry.size() - 1, ".25");
  files.write(folder_ / "m");
  SCTAB_EXPECT_THROW_WITH((void)Folder(folder_ / "m").find_counts(formats::InputKind::kCounts, ""), core::InputError,
                          "no raw counts found", "log-normalised");
}

TEST_F(MtxFolder, BecomesAnH5adThatTakesResults) {
  const MatrixFiles files;
  files.write(folder_ / "m");
  const Folder folder(folder_ / "m");
  const auto sink = folder.copy_to(folder_ / "out.h5ad");
  sink->put_obs({"label", formats::as_categorical(formats::Strings(40, "T cell"))});
  sink->close();
  const auto copy = formats::open_cells(folder_ / "out.h5ad");
  EXPECT_EQ(copy->obs_names(), folder.obs_names());
  EXPECT_EQ(copy->gene_names("X"), folder.gene_names(""));
  EXPECT_EQ(copy->gene_symbols("X"), folder.gene_symbols(""));
  EXPECT_EQ(copy->obs_as_text("label").value(39), "T cell");
  EXPECT_TRUE(same_cells(all_rows(*copy), files.counts));
}

TEST_F(MtxFolder, TakesFilesWithoutCells) {
  MatrixFiles files(Order::kByCell, false, 0, 30);
  files.write(folder_ / "m");
  const Folder folder(folder_ / "m");
  EXPECT_EQ(folder.n_cells(), 0);
  EXPECT_EQ(all_rows(folder).n_cells, 0);
}

}  // namespace
}  // namespace sctab::mtx
