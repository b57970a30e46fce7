// Stores whose values are log-normalised already.
#include <gtest/gtest.h>

#include <map>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "store/simulated_store.hpp"
#include "support/fixtures.hpp"
#include "support/log_normalised_copy.hpp"

namespace sctab::store {
namespace {

using Cell = std::pair<std::vector<GeneIndex>, std::vector<float>>;

/// Genes and values of the training cells by source_row.
std::map<CellIndex, Cell> cells_of(const Store& store, bool normalise) {
  const ObsTable obs = store.obs(Split::kTrain);
  LoaderOptions options;
  options.threads = 2;
  options.normalise = normalise;
  Loader loader(store, Split::kTrain, options);
  std::map<CellIndex, Cell> cells;
  for (Batch batch; loader.next(batch);) {
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = batch.x.row(static_cast<CellIndex>(i));
      cells[obs.source_row[static_cast<std::size_t>(batch.rows[i])]] = {{row.indices.begin(), row.indices.end()},
                                                                        {row.data.begin(), row.data.end()}};
    }
  }
  return cells;
}

class LogNormalisedStore : public testing::Test {
 protected:
  LogNormalisedStore() {
    tests::Simulation simulation;
    simulation.n_cells = 3000;
    tests::write_simulated(folder_ / "counts", simulation);
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(LogNormalisedStore, IsNotNormalisedAgain) {
  const Store counts = Store::open(folder_ / "counts");
  const Store copy = sctab::tests::log_normalised_copy(counts, folder_ / "log");
  EXPECT_EQ(counts.content(), Content::kCounts);
  EXPECT_EQ(copy.content(), Content::kLogNormalised);
  EXPECT_EQ(copy.values(), ValueType::kFloat32);
  ASSERT_EQ(copy.genes().ids, counts.genes().ids) << "means are of log-normalised values either way";
  const auto expected = cells_of(counts, true);
  EXPECT_EQ(expected.size(), static_cast<std::size_t>(counts.n_cells(Split::kTrain)));
  EXPECT_TRUE(cells_of(copy, true) == expected);
  EXPECT_TRUE(cells_of(copy, false) == expected);
  EXPECT_FALSE(cells_of(counts, false) == expected);
}

TEST_F(LogNormalisedStore, OlderProgramsRefuseIt) {
  (void)sctab::tests::log_normalised_copy(Store::open(folder_ / "counts"), folder_ / "log");
  const auto counts = core::read_json(folder_ / "counts" / "store.json");
  EXPECT_EQ(counts.at("format_version"), 1) << "and stores of counts they read";
  EXPECT_FALSE(counts.contains("content"));
  auto manifest = core::read_json(folder_ / "log" / "store.json");
  EXPECT_EQ(manifest.at("format_version"), 2);
  manifest["content"] = "logarithms";
  core::write_json(folder_ / "log" / "store.json", manifest);
  SCTAB_EXPECT_THROW_WITH(Store::open(folder_ / "log"), core::InputError, "store.json", "content: \"logarithms\"",
                          "counts or log_normalised");
  manifest.erase("content");
  core::write_json(folder_ / "log" / "store.json", manifest);
  SCTAB_EXPECT_THROW_WITH(Store::open(folder_ / "log"), core::InputError, "store.json", "content");
}

}  // namespace
}  // namespace sctab::store
