// Files as programs wrote them, from anndata 0.5 to 0.13.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/fixtures.hpp"

namespace sctab::anndata {
namespace {

struct WhatIsRead {
  CellIndex n_cells;
  const char* counts;
  GeneIndex n_genes;
  std::size_t n_columns;  // of obs
};

// From what h5py and anndata show of them.
const std::map<std::string, WhatIsRead> kRead = {
    {"anndatar_example", {50, "layers/counts", 100, 11}},
    {"scimilarity_test", {1000, "layers/counts", 1000, 5}},
    {"scuba_AML_h5ad", {250, "layers/counts", 462, 28}},
};

TEST(AnndataFiles, AreReadWhole) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata");
  for (const auto& [name, expected] : kRead) {
    SCOPED_TRACE(name);
    const h5ad::File cells(folder / (name + ".h5ad"));
    EXPECT_EQ(cells.n_cells(), expected.n_cells);
    const formats::CountsSource source = cells.find_counts();
    EXPECT_EQ(source.matrix_path, expected.counts);
    EXPECT_EQ(source.n_genes, expected.n_genes);
    EXPECT_EQ(cells.gene_names(source.matrix_path).size(), static_cast<std::size_t>(expected.n_genes));
    EXPECT_EQ(cells.obs_names().size(), static_cast<std::size_t>(expected.n_cells));
    EXPECT_EQ(cells.obs_columns().size(), expected.n_columns);
    for (const std::string& column : cells.obs_columns()) EXPECT_NO_THROW((void)cells.obs_as_text(column)) << column;
    sparse::CsrMatrix rows;
    ASSERT_TRUE(cells.read_rows(source.matrix_path)->next(2000, rows));
    EXPECT_EQ(rows.n_cells, expected.n_cells);
  }
}

TEST(AnndataFiles, Version05HasTablesOfRecordsAndNoCounts) {
  SCTAB_NEED_SHARED(path, "data/raw_formats/anndata/v0.5.0.h5ad");
  const h5ad::File cells(path);
  EXPECT_EQ(cells.n_cells(), 700);
  EXPECT_EQ(cells.matrix("raw/X").n_genes, 765);
  EXPECT_EQ(cells.obs_names().front(), "AAAGCCTGGCTAAC-1");
  EXPECT_EQ(cells.obs_as_text("bulk_labels").categories.size(), 10U);
  EXPECT_EQ(cells.obs_as_text("louvain").categories.size(), 11U);
  EXPECT_EQ(cells.obs_as_text("phase").categories, (formats::Strings{"G1", "G2M", "S"}));
  EXPECT_EQ(cells.var_names("raw/X").size(), 765U);
  for (const std::string& column : cells.obs_columns()) EXPECT_NO_THROW((void)cells.obs_as_text(column)) << column;
  SCTAB_EXPECT_THROW_WITH((void)cells.find_counts(), core::InputError, "no raw counts found", "raw/X: log-normalised");
}

TEST(AnndataFiles, WhatHoldsNoCountsIsRefusedInWords) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata");
  SCTAB_EXPECT_THROW_WITH(h5ad::File(folder / "v0.11.4.h5ad"), core::InputError, "neither X nor raw/X nor a layer");
  const h5ad::File random(folder / "v0.7.0.h5ad");
  EXPECT_EQ(random.n_cells(), 30);
  EXPECT_EQ(random.var_names("raw/X").size(), 40U);
  EXPECT_EQ(random.obs_as_text("obs_cat").codes.size(), 30U);
}

// What anndata 0.13 writes with a filter that is not of HDF5 itself is in tests/formats/hdf5.
TEST(AnndataFiles, EveryWayOf013GivesTheSameCells) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata_0.13");
  const core::CsvTable expected = core::read_csv(folder / "expected.csv");
  ASSERT_EQ(expected.rows.size(), 60U);
  const std::map<std::string, std::string> files = {{"default", "X"},
                                                    {"csc_int32_gzip", "X"},
                                                    {"dense_gzip", "X"},
                                                    {"lzf", "X"},
                                                    {"no_x_counts_in_layer", "layers/counts"},
                                                    {"log_x_counts_in_raw", "raw/X"}};
  for (const auto& [name, counts] : files) {
    SCOPED_TRACE(name);
    const h5ad::File cells(folder / (name + ".h5ad"));
    EXPECT_EQ(cells.find_counts().matrix_path, counts);
    EXPECT_TRUE(cells.gene_names(counts).front().starts_with("ENSG"));
    EXPECT_EQ(cells.gene_symbols(counts).size(), 7557U);
    EXPECT_EQ(cells.obs_as_text("note").codes[0], -1);
    EXPECT_EQ(cells.obs_as_text("doublet").codes[0], -1);
    sparse::CsrMatrix rows;
    ASSERT_TRUE(cells.read_rows(counts)->next(100, rows));
    const formats::Strings names = cells.obs_names();
    ASSERT_EQ(names.size(), expected.rows.size());
    for (std::size_t cell = 0; cell < names.size(); ++cell) {
      const auto row = rows.row(static_cast<CellIndex>(cell));
      double total = 0;
      for (const float value : row.data) total += static_cast<double>(value);
      EXPECT_EQ(names[cell], expected.rows[cell][0]);
      EXPECT_EQ(std::to_string(row.indices.size()), expected.rows[cell][1]);
      EXPECT_EQ(std::to_string(static_cast<std::int64_t>(total)), expected.rows[cell][2]);
    }
  }
}

}  // namespace
}  // namespace sctab::anndata
