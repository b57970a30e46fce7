#include "sctab/formats/cell_source.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::formats {
namespace {

/// Two cells, three genes, all through the abstract class.
void write_h5ad(const std::filesystem::path& path) {
  h5ad::Writer writer(path, 3);
  sparse::CsrMatrix cells;
  cells.clear(3);
  const std::vector<GeneIndex> genes = {0, 2};
  const std::vector<float> counts = {4, 1};
  cells.append_row(genes, counts);
  cells.append_row({}, {});
  writer.append(cells.view());
  const std::vector<Column> obs = {{"donor", as_categorical({"p1", "p2"})}};
  writer.write_obs({"a", "b"}, obs);
  const std::vector<Column> var = {{"gene_symbol", Strings{"A", "B", "C"}}};
  writer.write_var({"ENSG00000000001", "ENSG00000000002", "ENSG00000000003"}, var);
  writer.close();
}

TEST(OpenCells, ReadsAFileByItsContentNotItsName) {
  const sctab::tests::TemporaryFolder folder;
  for (const char* name : {"a.h5ad", "a", "a.h5"}) {
    SCOPED_TRACE(name);
    write_h5ad(folder / name);
    const auto source = open_cells(folder / name);
    EXPECT_EQ(source->path(), folder / name);
    EXPECT_EQ(source->n_cells(), 2);
    EXPECT_EQ(source->obs_names(), (Strings{"a", "b"}));
    EXPECT_EQ(source->obs_as_text("donor").value(1), "p2");
    const CountsSource counts = source->find_counts(InputKind::kCounts, "");
    EXPECT_EQ(counts.matrix_path, "X");
    EXPECT_EQ(counts.n_genes, 3);
    EXPECT_EQ(counts.nnz, 2);
    EXPECT_EQ(source->gene_names("X").at(2), "ENSG00000000003");
    EXPECT_EQ(source->gene_symbols("X"), (Strings{"A", "B", "C"}));
    sparse::CsrMatrix block;
    ASSERT_TRUE(source->read_rows("X", {})->next(10, block));
    EXPECT_EQ(block.n_cells, 2);
    EXPECT_EQ(block.data, (std::vector<float>{4, 1}));
  }
}

TEST(OpenCells, NamesTheFormatsThatItKnows) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "cells.dat", "cell,gene,count\n");
  SCTAB_EXPECT_THROW_WITH(open_cells(folder / "cells.dat"), core::InputError, "cells.dat",
                          "is not in a format that sctab reads", ".h5ad (AnnData)", ".csv");
  SCTAB_EXPECT_THROW_WITH(open_cells(folder.path()), core::InputError, "is a folder");
}

TEST(OpenCells, ReadsTablesOfText) {
  const sctab::tests::TemporaryFolder folder;
  for (const char* name : {"a.csv", "a.tsv", "a.txt", "a", "a.gz"}) {
    SCOPED_TRACE(name);
    sctab::tests::write_bytes(folder / name, "gene,c1,c2\nCD3D,1,0\nLYZ,0,2\nACTB,3,4\n");
    const auto source = open_cells(folder / name);
    EXPECT_EQ(source->obs_names(), (Strings{"c1", "c2"}));
    EXPECT_EQ(source->gene_names("X"), (Strings{"CD3D", "LYZ", "ACTB"}));
    sparse::CsrMatrix block;
    ASSERT_TRUE(source->read_rows("X", {})->next(10, block));
    EXPECT_EQ(block.data, (std::vector<float>{1, 3, 2, 4}));
    EXPECT_EQ(block.indices, (std::vector<GeneIndex>{0, 2, 1, 2}));
  }
}

TEST(OpenCells, LeavesADamagedFileToTheFormatOfItsName) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "a.h5ad", "not HDF5");
  SCTAB_EXPECT_THROW_WITH(open_cells(folder / "a.h5ad"), core::InputError, "a.h5ad", "is not an HDF5 file");
  SCTAB_EXPECT_THROW_WITH(open_cells(folder / "none.h5ad"), core::InputError, "none.h5ad", "no such file");
}

}  // namespace
}  // namespace sctab::formats
