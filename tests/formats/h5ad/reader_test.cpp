#include "sctab/formats/h5ad/reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "formats/h5ad/example_cells.hpp"
#include "formats/h5ad/example_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;

template <typename T>
T obs_as(const File& file, const char* name) {
  return std::get<T>(file.obs(name).values);
}

void check_columns(const File& file) {
  const auto donor = obs_as<Categorical>(file, "donor");
  const auto leiden = obs_as<Categorical>(file, "leiden");
  const auto barcode = obs_as<Categorical>(file, "barcode");
  const auto tissue = obs_as<Categorical>(file, "tissue");
  const auto primary = obs_as<Booleans>(file, "is_primary_data");
  const auto n_umi = obs_as<Integers>(file, "n_umi");
  const auto n_genes = obs_as<Integers>(file, "n_genes");
  const auto score = obs_as<Reals>(file, "score");
  const auto score32 = obs_as<Reals32>(file, "score32");
  EXPECT_EQ(donor.categories, (Strings{"d0", "d1", "dé"}));
  EXPECT_EQ(leiden.categories, (Strings{"10", "20"}));
  EXPECT_TRUE(leiden.ordered);
  EXPECT_FALSE(donor.ordered);
  EXPECT_EQ(barcode.categories.size(), static_cast<std::size_t>(kCells));
  ASSERT_EQ(n_umi.size(), static_cast<std::size_t>(kCells));
  for (std::size_t row = 0; row < n_umi.size(); ++row) {
    const auto i = static_cast<std::int64_t>(row);
    EXPECT_EQ(donor.codes[row], i % 4 - 1);
    EXPECT_EQ(leiden.value(row), i % 2 == 0 ? "10" : "20");
    EXPECT_EQ(barcode.value(row), fmt::format("AC{}", i));
    EXPECT_EQ(tissue.value(row), i % 2 == 0 ? "blood" : "liver");
    EXPECT_EQ(primary[row], i % 3 == 0);
    EXPECT_EQ(n_umi[row], i * 1'000'000'007 - 5);
    EXPECT_EQ(n_genes[row], i);
    EXPECT_EQ(score32[row], static_cast<float>(i) / 3.0F);
    if (row == 7) {
      EXPECT_TRUE(std::isnan(score[row]));
    } else {
      EXPECT_EQ(score[row], static_cast<double>(i) / 3.0);
    }
  }
}

TEST(Reader, ObsInEveryEncoding) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for (const char* name : {"csr-f4", "csr-lzf", "csr-fixed-text", "csr-no-attributes", "legacy"}) {
    SCOPED_TRACE(name);
    const File file(example_file(name));
    check_columns(file);
    EXPECT_EQ(file.obs_names(), cell_names());
    EXPECT_EQ(file.var_names(), example_genes());
    EXPECT_EQ(std::get<Categorical>(file.var("feature_name").values).value(3), "GENE3");
    EXPECT_TRUE(file.has_var("feature_name"));
    EXPECT_FALSE(file.has_var("none"));
  }
}

TEST(Reader, NullableColumns) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("csr-f4"));
  const auto age = obs_as<Reals>(file, "age");
  EXPECT_TRUE(std::isnan(age[9]));
  EXPECT_EQ(age[10], 10);
  EXPECT_EQ(obs_as<Integers>(file, "year")[9], 9);
  const auto smoker = obs_as<Booleans>(file, "smoker");
  EXPECT_EQ(smoker[0], 0);
  EXPECT_EQ(smoker[1], 1);
  EXPECT_EQ(smoker[2], 2);
}

TEST(Reader, AnyColumnAsText) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("csr-f4"));
  EXPECT_EQ(file.obs_as_text("donor").value(1), "d0");
  EXPECT_EQ(file.obs_as_text("donor").codes[0], -1);
  EXPECT_EQ(file.obs_as_text("donor_id").codes[3], -1);
  EXPECT_EQ(file.obs_as_text("is_primary_data").value(0), "True");
  EXPECT_EQ(file.obs_as_text("is_primary_data").value(1), "False");
  EXPECT_EQ(file.obs_as_text("smoker").codes[2], -1);
  EXPECT_EQ(file.obs_as_text("n_umi").value(1), "1000000002");
  EXPECT_EQ(file.obs_as_text("score").codes[7], -1);
  EXPECT_EQ(file.obs_as_text("score").value(3), "1");
}

TEST(Reader, TextThatMeansMissing) {
  const Categorical column = as_text(Strings{"a", "nan", "", "<NA>", "b", "a"});
  EXPECT_EQ(column.categories, (Strings{"a", "b"}));
  EXPECT_EQ(column.codes, (std::vector<std::int32_t>{0, -1, -1, -1, 1, 0}));
}

TEST(Reader, ColumnsInTheirOrder) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("csr-f4"));
  EXPECT_EQ(file.obs_columns().front(), "donor");
  EXPECT_EQ(file.obs_columns().size(), 13U);
  EXPECT_TRUE(file.has_obs("tissue"));
  EXPECT_FALSE(file.has_obs("_index"));
  EXPECT_FALSE(file.has_obs("donor/codes"));
  EXPECT_THAT(File(example_file("legacy")).obs_columns(), testing::Not(testing::Contains("__categories")));
}

TEST(Reader, WhatIsNotThereIsNamed) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("layers"));
  SCTAB_EXPECT_THROW_WITH((void)file.obs("nope"), core::InputError, "layers.h5ad", "'nope'", "donor, leiden");
  SCTAB_EXPECT_THROW_WITH((void)file.var("nope"), core::InputError, "layers.h5ad", "'nope'", "feature_name");
  SCTAB_EXPECT_THROW_WITH((void)file.matrix("raw/X"), core::InputError, "layers.h5ad",
                          "X, layers/counts, layers/dense");
  SCTAB_EXPECT_THROW_WITH((void)file.read_rows("nope"), core::InputError, "layers.h5ad", "'nope'");
}

TEST(Reader, SummaryOfValues) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for (const char* name : {"csr-f4", "csc-gzip", "dense-i8"}) {
    const ValueSummary values = File(example_file(name)).summarise_values("X");
    EXPECT_TRUE(values.integers && !values.negative && !values.non_finite) << name;
    EXPECT_EQ(values.largest, 50) << name;
    EXPECT_FALSE(values.looks_log_normalised()) << name;
  }
  EXPECT_TRUE(File(example_file("log-only")).summarise_values("X").looks_log_normalised());
  EXPECT_TRUE(File(example_file("scaled")).summarise_values("X").negative);
  EXPECT_EQ(File(example_file("dense-f4")).summarise_values("X", 1).largest, 50) << "a few cells, spread over the file";
}

TEST(FindCounts, WhereverTheyAre) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const auto path_in = [](const char* name) { return File(example_file(name)).find_counts().matrix_path; };
  EXPECT_EQ(path_in("csr-f4"), "X");
  EXPECT_EQ(path_in("raw"), "raw/X");
  EXPECT_EQ(path_in("layers"), "layers/counts");
  EXPECT_EQ(path_in("expected-counts"), "X");
  EXPECT_FALSE(File(example_file("expected-counts")).find_counts().integers);
  EXPECT_TRUE(File(example_file("csr-f4")).find_counts().integers);
}

TEST(FindCounts, TheMatrixNamed) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const File file(example_file("layers"));
  for (const char* name : {"layers/dense", "dense"}) {
    EXPECT_EQ(file.find_counts(InputKind::kCounts, name).matrix_path, "layers/dense");
  }
  EXPECT_EQ(File(example_file("raw")).find_counts(InputKind::kCounts, "raw.X").matrix_path, "raw/X");
  SCTAB_EXPECT_THROW_WITH((void)file.find_counts(InputKind::kCounts, "nope"), core::InputError, "'nope'",
                          "layers/dense");
  SCTAB_EXPECT_THROW_WITH((void)file.find_counts(InputKind::kCounts, "X"), core::InputError, "X: log-normalised");
}

TEST(FindCounts, NoneAnywhere) {
  SCTAB_NEED_PYTHON_ANNDATA();
  SCTAB_EXPECT_THROW_WITH((void)File(example_file("log-only")).find_counts(), core::InputError, "log-only.h5ad",
                          "no raw counts", "X: log-normalised", "--input log-normalised", "--counts");
  SCTAB_EXPECT_THROW_WITH((void)File(example_file("scaled")).find_counts(), core::InputError, "X: values below 0",
                          "--counts");
}

TEST(FindCounts, LogNormalisedWhenSaidSo) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const auto found = File(example_file("log-only")).find_counts(InputKind::kLogNormalised);
  EXPECT_EQ(found.matrix_path, "X");
  EXPECT_TRUE(found.log_normalised);
  SCTAB_EXPECT_THROW_WITH((void)File(example_file("csr-f4")).find_counts(InputKind::kLogNormalised), core::InputError,
                          "integers up to 50", "remove --input");
}

TEST(FindCounts, RefusesLogsThatNoScalingTo10000Gives) {
  const sctab::tests::TemporaryFolder folder;
  Writer writer(folder / "log2cpm.h5ad", 2);
  const sparse::CsrMatrix cell{.n_cells = 1, .n_genes = 2, .indptr = {0, 2}, .indices = {0, 1}, .data = {0.5F, 9.5F}};
  writer.append(cell.view());
  writer.write_obs({"cell"}, {});
  writer.write_var({"ENSG00000000001", "ENSG00000000002"}, {});
  writer.close();
  SCTAB_EXPECT_THROW_WITH((void)File(folder / "log2cpm.h5ad").find_counts(InputKind::kLogNormalised), core::InputError,
                          "log2cpm.h5ad", "up to 9.5", "9.21", "give raw counts");
}

TEST(GeneNames, EnsemblIdsWhereverTheyAre) {
  SCTAB_NEED_PYTHON_ANNDATA();
  EXPECT_EQ(File(example_file("csr-f4")).gene_names("X"), example_genes());
  auto expected = example_genes();
  expected[4] = "GENE4";
  EXPECT_EQ(File(example_file("symbols")).gene_names("X"), expected);
  EXPECT_EQ(File(example_file("raw")).gene_names("raw/X").size(), 53U);
  EXPECT_EQ(File(example_file("raw")).gene_names("X").size(), 20U);
}

}  // namespace
}  // namespace sctab::h5ad
