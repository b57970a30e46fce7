#include "sctab/formats/h5ad/writer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "formats/h5ad/example_cells.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;

/// One column of every kind, as check_written.py expects them.
std::vector<Column> example_columns() {
  Categorical donor;
  donor.categories = {"d0", "d1", "dé"};
  Booleans primary, smoker;
  Integers n_umi;
  Reals score;
  Reals32 score32;
  Strings barcode;
  for (std::int32_t row = 0; row < kCells; ++row) {
    donor.codes.push_back(row % 4 - 1);
    primary.push_back(row % 3 == 0);
    smoker.push_back(static_cast<std::uint8_t>(row % 3));
    n_umi.push_back(std::int64_t{row} * 1'000'000'007 - 5);
    score.push_back(row == 7 ? std::numeric_limits<double>::quiet_NaN() : row / 3.0);
    score32.push_back(static_cast<float>(row) / 3.0F);
    barcode.push_back(fmt::format("AC{}", row));
  }
  Categorical cluster;
  for (std::int32_t row = 0; row < kCells; ++row) cluster.codes.push_back(row);
  for (std::int32_t row = 0; row < kCells; ++row) cluster.categories.push_back(fmt::format("k{:03}", row));
  cluster.ordered = true;
  return {{"donor", donor}, {"primary", primary}, {"smoker", smoker},   {"n_umi", n_umi},
          {"score", score}, {"score32", score32}, {"barcode", barcode}, {"cluster", cluster}};
}

const nlohmann::json kUns = {{"title", "an example"},
                             {"n", 3},
                             {"seed", UINT64_MAX},
                             {"rate", 0.25},
                             {"yes", true},
                             {"names", {"a", "b"}},
                             {"sizes", {1, 2, 3}},
                             {"mixed", {1, 2.5}},
                             {"empty", nlohmann::json::array()},
                             {"inner", {{"deep", "x"}}}};

void write_example(const std::filesystem::path& path, WriteOptions options, CellIndex cells_a_block = 20) {
  const sparse::CsrMatrix counts = example_counts();
  Writer writer(path, kGenes, options);
  for (CellIndex begin = 0; begin < kCells; begin += cells_a_block) {
    auto view = counts.view();
    view.n_cells = std::min(cells_a_block, kCells - begin);
    view.indptr = view.indptr.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(view.n_cells) + 1);
    writer.append(view);
  }
  writer.write_obs(cell_names(), example_columns());
  writer.write_var(example_genes(), {});
  writer.write_uns(kUns);
  writer.close();
}

TEST(Writer, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  core::ThreadPool pool(3);
  for (const ValueType values : {ValueType::kUint16, ValueType::kInt32, ValueType::kFloat32}) {
    for (const std::int64_t chunk : {7, 256, 1 << 17}) {
      for (core::ThreadPool* threads : {static_cast<core::ThreadPool*>(nullptr), &pool}) {
        write_example(folder / "a.h5ad", {.values = values, .chunk_elements = chunk, .pool = threads});
        const File file(folder / "a.h5ad");
        expect_same(read_all(file, "X"), example_counts());
        EXPECT_EQ(file.obs_names(), cell_names());
        EXPECT_EQ(file.var_names(), example_genes());
      }
    }
  }
}

TEST(Writer, ColumnsOfEveryKindComeBack) {
  const TemporaryFolder folder;
  write_example(folder / "a.h5ad", {});
  const File file(folder / "a.h5ad");
  const auto columns = example_columns();
  ASSERT_EQ(file.obs_columns().size(), columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) EXPECT_EQ(file.obs_columns()[i], columns[i].name);
  const auto same = [&](const char* name, auto kind) {
    using T = decltype(kind);
    for (const Column& column : columns) {
      if (column.name == name) {
        EXPECT_EQ(std::get<T>(file.obs(name).values), std::get<T>(column.values)) << name;
      }
    }
  };
  same("primary", Booleans());
  same("smoker", Booleans());
  same("n_umi", Integers());
  same("score32", Reals32());
  const auto score = std::get<Reals>(file.obs("score").values);
  EXPECT_TRUE(std::isnan(score[7]));
  EXPECT_EQ(score[8], 8 / 3.0);
  const auto donor = std::get<Categorical>(file.obs("donor").values);
  EXPECT_EQ(donor.codes, std::get<Categorical>(columns[0].values).codes);
  EXPECT_EQ(donor.categories, std::get<Categorical>(columns[0].values).categories);
  const auto cluster = std::get<Categorical>(file.obs("cluster").values);
  EXPECT_TRUE(cluster.ordered);
  EXPECT_EQ(cluster.value(136), "k136");
  EXPECT_EQ(std::get<Categorical>(file.obs("barcode").values).value(3), "AC3");
}

TEST(Writer, OpensInPython) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  write_example(folder / "u16.h5ad", {.values = ValueType::kUint16, .chunk_elements = 100});
  write_example(folder / "f32.h5ad", {});
  write_example(folder / "wide.h5ad", {.chunk_elements = 100, .most_for_int32 = 1000});
  for (const char* name : {"u16.h5ad", "f32.h5ad", "wide.h5ad"}) {
    const std::string indices = std::string(name) == "wide.h5ad" ? " int64" : " int32";
    const auto result = sctab::tests::run_python("formats/h5ad/check_written.py", (folder / name).string() + indices);
    EXPECT_EQ(result.status, 0) << result.output;
  }
}

TEST(Writer, NoCellsAndNoGenes) {
  const TemporaryFolder folder;
  Writer writer(folder / "a.h5ad", 3);
  writer.write_obs({}, {});
  writer.write_var({"a", "b", "c"}, {});
  writer.close();
  const File file(folder / "a.h5ad");
  EXPECT_EQ(file.n_cells(), 0);
  EXPECT_EQ(read_all(file, "X").n_cells, 0);
  EXPECT_TRUE(file.obs_columns().empty());
}

TEST(Writer, RefusesValuesThatItsTypeCannotHold) {
  const TemporaryFolder folder;
  for (const float value : {65536.0F, -1.0F, 0.5F, std::numeric_limits<float>::quiet_NaN()}) {
    Writer writer(folder / "a.h5ad", 3, {.values = ValueType::kUint16});
    sparse::CsrMatrix cell;
    cell.n_genes = 3;
    cell.append_row(std::vector<GeneIndex>{1}, std::vector<float>{value});
    EXPECT_THROW(writer.append(cell.view()), std::logic_error) << value;
  }
}

TEST(Writer, UnwritableFolderIsAnInputError) {
  const TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(Writer(folder / "none" / "a.h5ad", 3), core::InputError, "none/a.h5ad", "cannot be written");
}

}  // namespace
}  // namespace sctab::h5ad
