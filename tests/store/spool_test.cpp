#include "sctab/store/spool.hpp"

#include <gtest/gtest.h>

#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

TEST(Spool, GivesCellsBackInOrderOfArrivalAndGoes) {
  const sctab::tests::TemporaryFolder folder;
  const auto path = folder / "train-00000.spool";
  core::ThreadPool pool(3);
  {
    Spool spool(path);
    for (GeneIndex i = 0; i < 1000; ++i) {
      const std::vector<GeneIndex> genes = {i, i + 1};
      const std::vector<float> counts = {1, static_cast<float>(i + 1)};
      CellObs obs;
      obs.source_row = i;
      EXPECT_TRUE(spool.add({genes, counts}, obs));
      if (i % 70 == 0) spool.flush();
    }
    spool.flush();
    spool.flush();  // nothing to write
    EXPECT_TRUE(std::filesystem::exists(path));
    CellIndex expected = 0;
    DecodedCell cell;
    spool.for_each(pool, [&](CellIndex arrival, std::span<const std::byte> bytes) {
      decode_cell(bytes, cell);
      EXPECT_EQ(arrival, expected);
      EXPECT_EQ(cell.obs.source_row, expected);
      EXPECT_EQ(cell.counts.back(), static_cast<float>(expected + 1));
      ++expected;
    });
    EXPECT_EQ(expected, 1000);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Spool, AnUnwritableFileIsNamed) {
  const sctab::tests::TemporaryFolder folder;
  Spool spool(folder / "gone" / "train-00000.spool");
  spool.add({}, {});
  SCTAB_EXPECT_THROW_WITH(spool.flush(), core::InputError, "train-00000.spool", "cannot be written");
}

TEST(Spool, DamageOnTheWayIsFound) {
  const sctab::tests::TemporaryFolder folder;
  const auto path = folder / "val-00000.spool";
  core::ThreadPool pool(1);
  Spool spool(path);
  const std::vector<GeneIndex> genes = {1, 2, 3};
  const std::vector<float> counts = {1, 2, 3};
  spool.add({genes, counts}, {});
  spool.flush();
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  SCTAB_EXPECT_THROW_WITH(spool.for_each(pool, [](CellIndex, std::span<const std::byte>) {}), core::InputError,
                          "val-00000.spool");
}

}  // namespace
}  // namespace sctab::store
