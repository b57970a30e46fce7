#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <cstdlib>

#include "formats/h5ad/example_cells.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/annotated_copy.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;

/// A file system of 1 MB, where this process may mount one.
class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(disk());
    mounted_ = std::system(("mount -t tmpfs -o size=1m none " + disk().string() + " 2>/dev/null").c_str()) == 0;
    if (!mounted_) GTEST_SKIP() << "needs the right to mount a small tmpfs";
  }
  void TearDown() override {
    if (!mounted_) return;
    EXPECT_EQ(H5Fget_obj_count(hid_t{H5F_OBJ_ALL}, H5F_OBJ_ALL), 0) << "HDF5 holds something open";
    EXPECT_EQ(std::system(("umount " + disk().string()).c_str()), 0) << "a file there is still open";
  }
  [[nodiscard]] std::filesystem::path disk() const { return folder_ / "disk"; }

 private:
  sctab::tests::TemporaryFolder folder_;
  bool mounted_ = false;
};

/// Some 12 kB a cell.
void write_large_cells(const std::filesystem::path& path, CellIndex n_cells) {
  constexpr GeneIndex kManyGenes = 5000;
  Writer writer(path, kManyGenes, {.chunk_elements = 5000});
  sparse::CsrMatrix cell;
  std::vector<GeneIndex> genes(kManyGenes);
  std::vector<float> values(kManyGenes);
  for (CellIndex i = 0; i < n_cells; ++i) {
    for (GeneIndex gene = 0; gene < kManyGenes; ++gene) {
      genes[static_cast<std::size_t>(gene)] = gene;
      values[static_cast<std::size_t>(gene)] = std::sin(static_cast<float>(gene + i));
    }
    cell.clear(kManyGenes);
    cell.append_row(genes, values);
    writer.append(cell.view());
  }
  writer.write_obs(cell_names(n_cells), {});
  writer.write_var(example_genes(kManyGenes), {});
  writer.close();
}

/// Whether it was written; fails where the error is another than that of a full disk.
template <typename Write>
bool fits(Write write) {
  try {
    write();
    return true;
  } catch (const core::InputError& error) {
    EXPECT_NE(std::string(error.what()).find("a.h5ad"), std::string::npos) << error.what();
  }
  return false;
}

TEST_F(FullDisk, WriterSaysSoWhereverItHappens) {
  // From too much in the first chunks to too much in the closing tables.
  int n_written = 0;
  for (CellIndex n_cells = 90; n_cells >= 0; n_cells -= 3) {
    if (!fits([&] { write_large_cells(disk() / "a.h5ad", n_cells); })) continue;
    EXPECT_EQ(File(disk() / "a.h5ad").n_cells(), n_cells);
    ++n_written;
  }
  EXPECT_GT(n_written, 0);
  EXPECT_LT(n_written, 31);
  SCTAB_EXPECT_THROW_WITH(write_large_cells(disk() / "a.h5ad", 100), core::InputError, "a.h5ad", "cannot be written",
                          "free some space");
}

TEST_F(FullDisk, AppenderSaysSo) {
  const auto append = [&](std::int64_t n_columns) {
    std::filesystem::remove(disk() / "a.h5ad");
    write_large_cells(disk() / "a.h5ad", 1);
    Appender appender(disk() / "a.h5ad");
    appender.put_obs({"label", Strings{std::string(static_cast<std::size_t>(n_columns), 'x')}});
    std::vector<float> row(static_cast<std::size_t>(n_columns));
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = std::sin(static_cast<float>(i));
    appender.begin_obsm("X_sctab", 1, n_columns);
    appender.append_obsm(row);
    appender.close();
  };
  EXPECT_TRUE(fits([&] { append(100); }));
  for (const std::int64_t n_columns : {50'000, 100'000, 150'000, 200'000, 250'000, 400'000})
    fits([&] { append(n_columns); });
  EXPECT_FALSE(fits([&] { append(400'000); }));
}

}  // namespace
}  // namespace sctab::h5ad
