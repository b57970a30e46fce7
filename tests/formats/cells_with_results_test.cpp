#include "sctab/formats/cells_with_results.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"

namespace sctab::formats {
namespace {

TEST(CellsWithResults, GoIntoACopyWhereTheFormatIsTheSame) {
  const sctab::tests::TemporaryFolder folder;
  const sctab::tests::H5adFile cells = sctab::tests::small_file(2, 1);
  cells.write(folder / "a.h5ad");
  const auto source = open_cells(folder / "a.h5ad");
  EXPECT_EQ(source->copy_ending(), ".h5ad");
  const CountsSource counts = source->find_counts(InputKind::kCounts, "");
  begin_cells_with_results(*source, {folder / "b", folder / "b.h5ad", ".h5ad"}, counts)->close();
  EXPECT_EQ(h5ad::File(folder / "b").obs_columns(), source->obs_columns());
  SCTAB_EXPECT_THROW_WITH((void)begin_cells_with_results(*source, {folder / "c", folder / "c.h5mu", ".h5mu"}, counts),
                          core::InputError, "c.h5mu", "cannot be made of", "a.h5ad", "expected .h5ad");
  EXPECT_FALSE(std::filesystem::exists(folder / "c"));
}

}  // namespace
}  // namespace sctab::formats
