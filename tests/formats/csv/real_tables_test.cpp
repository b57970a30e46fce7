#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "sctab/formats/csv/obs_table.hpp"
#include "sctab/formats/csv/table_source.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::csv {
namespace {

struct RealTable {
  const char* path;  // below data/raw_formats
  const char* separator;
  bool genes_by_cells;
  core::CellIndex n_cells;
  core::GeneIndex n_genes;
  bool integers;
};
constexpr RealTable kTables[] = {
    {"GSM3516662_MSK_LX653_PRIMARY_TUMOUR_dense.csv.gz", ",", false, 392, 16'145, true},
    {"darmanis_counts.csv.gz", "tab", true, 466, 22'088, true},
    {"other/celltypist_sample_cell_by_gene.csv.gz", ",", false, 559, 32'786, true},
};

class RealTables : public testing::TestWithParam<RealTable> {};

TEST_P(RealTables, AreReadAsNumpyDoes) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const RealTable& table = GetParam();
  SCTAB_NEED_SHARED(path, std::filesystem::path("data/raw_formats") / table.path);
  const TableSource source(path);
  EXPECT_EQ(source.is_genes_by_cells(), table.genes_by_cells);
  EXPECT_EQ(source.n_cells(), table.n_cells);
  const formats::CountsSource counts = source.find_counts(formats::InputKind::kCounts, "");
  EXPECT_EQ(counts.n_genes, table.n_genes);
  EXPECT_EQ(counts.integers, table.integers);
  EXPECT_TRUE(source.obs_columns().empty()) << source.obs_columns().front();

  const auto python = tests::run_python("formats/csv/table_sums.py", path.string() + " '" + table.separator + "' " +
                                                                         (table.genes_by_cells ? "genes" : "cells"));
  ASSERT_EQ(python.status, 0) << python.output;
  std::istringstream expected(python.output);
  std::string first_gene, last_gene, name;
  std::int64_t n_genes = 0, n_values = 0;
  double sum = 0, weighted_sum = 0;
  expected >> first_gene >> last_gene >> n_genes;
  const formats::Strings genes = source.gene_names("X"), cells = source.obs_names();
  EXPECT_EQ(std::ssize(genes), n_genes);
  EXPECT_EQ(genes.front(), first_gene);
  EXPECT_EQ(genes.back(), last_gene);
  const auto rows = source.read_rows("X", {.memory_bytes = 10'000'000, .temporary_folder = {}, .threads = 2});
  std::size_t at = 0;
  for (sparse::CsrMatrix block; rows->next(100, block);) {
    for (core::CellIndex row = 0; row < block.n_cells; ++row, ++at) {
      expected >> name >> sum >> n_values >> weighted_sum;
      EXPECT_EQ(cells.at(at), name);
      double own_sum = 0, own_weighted_sum = 0;
      const sparse::RowView cell = block.row(row);
      for (std::size_t i = 0; i < cell.data.size(); ++i) {
        own_sum += static_cast<double>(cell.data[i]);
        own_weighted_sum += static_cast<double>(cell.data[i]) * (1 + cell.indices[i]);
      }
      EXPECT_EQ(std::ssize(cell.data), n_values) << name;
      constexpr double kRounding = 1e-12;  // sums of doubles in another order
      EXPECT_NEAR(own_sum, sum, kRounding * sum) << name;
      EXPECT_NEAR(own_weighted_sum, weighted_sum, kRounding * weighted_sum) << name;
    }
  }
  EXPECT_EQ(std::ssize(cells), static_cast<std::ptrdiff_t>(at));
  EXPECT_FALSE(expected.fail());
}

INSTANTIATE_TEST_SUITE_P(Shared, RealTables, testing::ValuesIn(kTables));

TEST(RealLabelTable, IsJoined) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats");
  const ObsTable labels(folder / "darmanis_meta.csv.gz");
  EXPECT_EQ(labels.n_rows(), 466);
  EXPECT_THAT(labels.columns(), testing::ElementsAre("tissue", "cell type", "age", "c1 chip id",
                                                     "experiment_sample_name", "BioSample", "SRA"));
  const TableSource source(folder / "darmanis_counts.csv.gz");
  const auto columns = labels.columns_of(labels.rows_of(source.obs_names(), source.path()));
  EXPECT_EQ(std::get<formats::Categorical>(columns[1].values).value(0), "oligodendrocytes");
}

}  // namespace
}  // namespace sctab::csv
