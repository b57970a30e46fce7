#include "sctab/annotate/annotated_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sctab/anndata/hdf5_value.hpp"
#include "sctab/anndata/reader.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "support/fixtures.hpp"

namespace sctab::annotate {
namespace {

constexpr std::int64_t kCells = 5'000;
constexpr std::int64_t kWidth = 7;

void write_cells(const std::filesystem::path& path, std::int64_t n_cells) {
  anndata::Writer writer(path, 3);
  anndata::Strings names;
  sparse::CsrMatrix cells;
  cells.clear(3);
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    names.push_back(fmt::format("cell-{}", cell));
    cells.append_row({}, {});
  }
  writer.append(cells.view());
  writer.write_obs(names, {});
  writer.write_var({"A", "B", "C"}, {});
  writer.close();
}

/// obsm/X_sctab of a file, and its shape.
std::vector<float> embedding(const std::filesystem::path& path, std::vector<std::int64_t>& shape) {
  const anndata::Hdf5Lock lock;
  const anndata::Handle file = anndata::open_file(path, anndata::Access::kRead);
  const anndata::Handle dataset = anndata::open_dataset(file.id(), "obsm/X_sctab");
  shape = anndata::dimensions(dataset.id());
  std::vector<float> values(static_cast<std::size_t>(shape.at(0) * shape.at(1)));
  EXPECT_GE(H5Dread(dataset.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

TEST(AnnotatedCopy, HoldsAllRowsInOrderWhateverThePieces) {
  const tests::TemporaryFolder folder;
  write_cells(folder / "x.h5ad", kCells);
  std::vector<float> rows;
  for (std::int64_t i = 0; i < kCells * kWidth; ++i) rows.push_back(static_cast<float>(i));
  for (const std::int64_t cells_at_once : {3, 1'024, 5'000}) {
    const auto target = folder / fmt::format("{}.h5ad", cells_at_once);
    AnnotatedCopy copy(folder / "x.h5ad", target, kCells);
    for (std::int64_t cell = 0; cell < kCells; cell += cells_at_once) {
      const std::int64_t n = std::min(cells_at_once, kCells - cell);
      copy.append_obsm(
          "X_sctab", kWidth,
          std::span(rows).subspan(static_cast<std::size_t>(cell * kWidth), static_cast<std::size_t>(n * kWidth)));
    }
    copy.put_obs({"score", anndata::Reals32(static_cast<std::size_t>(kCells), 0.5F)});
    copy.put_uns("sctab", {{"model", "m"}});
    copy.close();
    std::vector<std::int64_t> shape;
    EXPECT_EQ(embedding(target, shape), rows);
    EXPECT_EQ(shape, (std::vector<std::int64_t>{kCells, kWidth}));
    const anndata::File file(target);
    EXPECT_TRUE(file.has_obs("score"));
    EXPECT_EQ(file.obs_names().back(), "cell-4999");
  }
}

TEST(AnnotatedCopy, TakesItsPartsInAnyOrder) {
  const tests::TemporaryFolder folder;
  write_cells(folder / "x.h5ad", 4);
  AnnotatedCopy copy(folder / "x.h5ad", folder / "y.h5ad", 4);
  copy.put_obs({"score", anndata::Reals32(4, 0.5F)});
  copy.append_obsm("X_sctab", 1, std::vector<float>{1, 2});
  copy.put_uns("sctab", {{"model", "m"}});
  copy.append_obsm("X_sctab", 1, std::vector<float>{3, 4});
  copy.close();
  std::vector<std::int64_t> shape;
  EXPECT_EQ(embedding(folder / "y.h5ad", shape), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_TRUE(anndata::File(folder / "y.h5ad").has_obs("score"));
}

TEST(AnnotatedCopy, MayHaveNoCells) {
  const tests::TemporaryFolder folder;
  write_cells(folder / "x.h5ad", 0);
  AnnotatedCopy copy(folder / "x.h5ad", folder / "y.h5ad", 0);
  copy.append_obsm("X_sctab", kWidth, {});
  copy.close();
  std::vector<std::int64_t> shape;
  EXPECT_TRUE(embedding(folder / "y.h5ad", shape).empty());
  EXPECT_EQ(shape, (std::vector<std::int64_t>{0, kWidth}));
}

TEST(AnnotatedCopy, MayBeLeftBeforeItIsWhole) {
  const tests::TemporaryFolder folder;
  write_cells(folder / "x.h5ad", kCells);
  { const AnnotatedCopy copy(folder / "x.h5ad", folder / "y.h5ad", kCells); }
  AnnotatedCopy copy(folder / "x.h5ad", folder / "z.h5ad", kCells);
  copy.append_obsm("X_sctab", 1, std::vector<float>(10));
}

TEST(AnnotatedCopy, WhatStopsTheCopyReachesTheCaller) {
  const tests::TemporaryFolder folder;
  AnnotatedCopy none(folder / "none.h5ad", folder / "y.h5ad", kCells);
  SCTAB_EXPECT_THROW_WITH(none.close(), core::InputError, "none.h5ad");
  write_cells(folder / "x.h5ad", kCells);
  core::set_interrupted(true);
  AnnotatedCopy copy(folder / "x.h5ad", folder / "z.h5ad", kCells);
  EXPECT_THROW(copy.close(), core::Interrupted);
  core::set_interrupted(false);
}

}  // namespace
}  // namespace sctab::annotate
