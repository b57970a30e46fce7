// Zarrs as anndata wrote them, and damaged ones.
#include "sctab/formats/zarr/file.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "formats/zarr/zarr_folder.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/fixtures.hpp"

namespace sctab::zarr {
namespace {

namespace fs = std::filesystem;
using formats::Strings;

sparse::CsrMatrix all_rows(const formats::CellSource& cells, const std::string& matrix) {
  sparse::CsrMatrix rows;
  EXPECT_TRUE(cells.read_rows(matrix, {})->next(cells.n_cells(), rows));
  return rows;
}

void expect_same(const formats::CellSource& cells, const formats::CellSource& expected) {
  EXPECT_EQ(cells.obs_names(), expected.obs_names());
  ASSERT_EQ(cells.obs_columns(), expected.obs_columns());
  for (const std::string& column : expected.obs_columns()) {
    EXPECT_EQ(cells.obs_as_text(column).codes, expected.obs_as_text(column).codes) << column;
    EXPECT_EQ(cells.obs_as_text(column).categories, expected.obs_as_text(column).categories) << column;
  }
  const formats::CountsSource counts = cells.find_counts(formats::InputKind::kCounts, "");
  EXPECT_EQ(counts.matrix_path, "X");
  EXPECT_EQ(cells.gene_names("X"), expected.gene_names("X"));
  EXPECT_EQ(cells.gene_symbols("X"), expected.gene_symbols("X"));
  const sparse::CsrMatrix rows = all_rows(cells, "X"), wanted = all_rows(expected, "X");
  EXPECT_EQ(rows.indptr, wanted.indptr);
  EXPECT_EQ(rows.indices, wanted.indices);
  EXPECT_EQ(rows.data, wanted.data);
  EXPECT_NO_THROW(cells.require_unchanged());
}

TEST(ZarrFiles, HoldTheCellsOfTheH5adWrittenWithThem) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata_0.13");
  const h5ad::File expected(folder / "default.h5ad");
  for (const char* name : {"default", "zarr_v2", "zarr_v3_unsharded"}) {
    SCOPED_TRACE(name);
    const fs::path zip = folder / (std::string(name) + ".zarr.zip");
    expect_same(*formats::open_cells(zip), expected);
    const tests::TemporaryFolder unpacked;
    unpack(zip, unpacked / "cells");
    expect_same(*formats::open_cells(unpacked / "cells"), expected);
    expect_same(*formats::open_cells((unpacked / "cells").string() + "/"), expected);
  }
}

TEST(ZarrFiles, OfEarlierVersionsAreRead) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata");
  const auto old = formats::open_cells(folder / "v0.7.0.zarr.zip");
  EXPECT_EQ(old->n_cells(), 30);
  EXPECT_EQ(old->obs_columns(), (Strings{"obs_cat", "cat_ordered", "int64", "float64", "uint8"}));
  EXPECT_EQ(old->obs_as_text("obs_cat").codes.size(), 30U);
  const auto reduced = formats::open_cells(folder / "scanpy_10x_pbmc68k_reduced.zarr.zip");
  EXPECT_EQ(reduced->n_cells(), 700);
  EXPECT_EQ(reduced->obs_as_text("bulk_labels").categories.size(), 10U);
  // Written again in place, in which a zip file keeps both: the last counts.
  SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(folder / "v0.11.4.zarr.zip"), core::InputError, "v0.11.4.zarr.zip",
                          "has neither X nor raw/X");
}

TEST(IsZarr, GoesByContentOrName) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "a.zarr");
  fs::create_directory(folder / "plain");
  EXPECT_TRUE(is_zarr(folder / "a.zarr"));
  EXPECT_TRUE(is_zarr((folder / "a.zarr").string() + "/"));
  EXPECT_FALSE(is_zarr(folder / "plain"));
  tests::write_bytes(folder / "plain/.zgroup", "{}");
  EXPECT_TRUE(is_zarr(folder / "plain"));
  tests::write_bytes(folder / "x.zip", "PK\3\4");
  EXPECT_FALSE(is_zarr(folder / "x.zip"));
  tests::write_bytes(folder / "x.zarr.zip", "");
  EXPECT_TRUE(is_zarr(folder / "x.zarr.zip")) << "and refused as one";
  SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(folder / "a.zarr"), core::InputError, "a.zarr", "not a zarr");
  fs::remove(folder / "plain/.zgroup");
  SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(folder / "plain"), core::InputError, "plain", "is a folder");
}

/// All that annotate reads of a zarr.
void read_all(const fs::path& path) {
  const auto cells = formats::open_cells(path);
  (void)cells->obs_names();
  for (const std::string& column : cells->obs_columns()) (void)cells->obs(column);
  const formats::CountsSource counts = cells->find_counts(formats::InputKind::kCounts, "");
  (void)cells->gene_names(counts.matrix_path);
  (void)cells->gene_symbols(counts.matrix_path);
  (void)all_rows(*cells, counts.matrix_path);
}

class DamagedZarr : public testing::TestWithParam<const char*> {};

/// A folder in which each file in turn is cut, emptied, changed or removed. A file of a chunk that is missing may be
/// one of zeros, which are not stored; any other damage is refused, or does not change what is read.
TEST_P(DamagedZarr, IsRefusedByFileAndKey) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata_0.13");
  const tests::TemporaryFolder unpacked;
  const fs::path zarr = unpacked / "x.zarr";
  unpack(folder / GetParam(), zarr);
  std::map<std::string, int> refused;
  int n_files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(zarr)) {
    const std::string key = fs::relative(entry.path(), zarr).string();
    const bool is_read = key.starts_with("X/") || key.starts_with("obs/") || key.starts_with("var/");
    if (!entry.is_regular_file() || !is_read || key == "X/zarr.json" || key == "obs/zarr.json") continue;
    ++n_files;
    const std::string good = tests::read_bytes(entry.path());
    std::string changed = good;
    changed[good.size() / 2] = static_cast<char>(changed[good.size() / 2] ^ 0x10);
    for (const auto& [damage, content] : std::map<std::string, std::string>{
             {"cut", good.substr(0, good.size() - 1)}, {"empty", ""}, {"changed", changed}, {"longer", good + "x"}}) {
      tests::write_bytes(entry.path(), content);
      try {
        read_all(zarr);
      } catch (const core::InputError& error) {
        EXPECT_EQ(error.problem().file, zarr.string()) << error.what();
        ++refused[damage];
      }
    }
    fs::remove(entry.path());
    try {
      read_all(zarr);
    } catch (const core::InputError& error) {
      EXPECT_EQ(error.problem().file, zarr.string()) << error.what();
      ++refused["missing"];
    }
    tests::write_bytes(entry.path(), good);
  }
  EXPECT_NO_THROW(read_all(zarr));
  EXPECT_GT(n_files, 20);
  for (const char* damage : {"cut", "empty"}) EXPECT_GT(refused[damage], n_files * 3 / 4) << damage;
}

INSTANTIATE_TEST_SUITE_P(Versions, DamagedZarr,
                         testing::Values("default.zarr.zip", "zarr_v2.zarr.zip", "zarr_v3_unsharded.zarr.zip"));

}  // namespace
}  // namespace sctab::zarr
