#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "sctab/core/json_file.hpp"
#include "sctab/store/writer.hpp"
#include "sctab/store/writer_checkpoint.hpp"
#include "store/simulated_store.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

namespace fs = std::filesystem;
using tests::Simulation;

/// Cells of a simulation on their way into a store, in steps.
class Steps {
 public:
  Steps() {
    core::Progress::set_quiet(true);
    simulation_.n_cells = 3000;
    simulation_.options.cells_per_shard = 512;
    simulation_.options.resumable = true;
    simulation_.options.seconds_between_checkpoints = 0;
    for (CellIndex cell = 0; cell < simulation_.n_cells; ++cell) {
      splits_.push_back(tests::simulated_split(simulation_, cell));
      obs_.push_back(tests::simulated_obs(cell, splits_.back()));
      ++n_cells_[static_cast<std::size_t>(splits_.back())];
    }
  }
  std::unique_ptr<Writer> open(const fs::path& directory) const {
    return std::make_unique<Writer>(directory, sctab::tests::gene_list(simulation_.n_genes), tests::simulated_tables(),
                                    n_cells_, simulation_.options);
  }
  void add(Writer& writer, CellIndex begin, CellIndex end) const {
    sparse::CsrMatrix counts;
    counts.clear(simulation_.n_genes);
    for (CellIndex cell = begin; cell < end; ++cell) tests::simulate_counts(simulation_, cell, counts);
    const auto from = static_cast<std::size_t>(begin), n = static_cast<std::size_t>(end - begin);
    writer.add(counts.view(), std::span(obs_).subspan(from, n), std::span(splits_).subspan(from, n));
  }
  static void finish(Writer& writer) { writer.finish({{"version", "none"}}, {{"made_by", "a test"}}); }
  Simulation simulation_;

 private:
  std::vector<Split> splits_;
  std::vector<CellObs> obs_;
  std::array<CellIndex, 3> n_cells_{};
};

class WriterResume : public ::testing::Test {
 protected:
  WriterResume() {
    const auto writer = steps_.open(folder_ / "whole");
    steps_.add(*writer, 0, 3000);
    Steps::finish(*writer);
  }
  // store.json has the hash of every shard.
  void expect_as_whole() const {
    std::set<std::string> found, expected;
    for (const auto& entry : fs::directory_iterator(folder_ / "store")) found.insert(entry.path().filename());
    for (const auto& entry : fs::directory_iterator(folder_ / "whole")) expected.insert(entry.path().filename());
    EXPECT_EQ(found, expected);
    EXPECT_EQ(core::read_json(folder_ / "store" / "store.json"), core::read_json(folder_ / "whole" / "store.json"));
    Store::open(folder_ / "store").verify();
  }

  /// Continues after the last cell, and leaves finished shards alone.
  void expect_finishes_with_the_same_shards() {
    const auto written = fs::last_write_time(folder_ / "store" / "train-00001.h5ad");
    const auto writer = steps_.open(folder_ / "store");
    ASSERT_EQ(writer->resumed_note(), (nlohmann::json{{"next", 3000}}));
    Steps::finish(*writer);
    expect_as_whole();
    EXPECT_EQ(fs::last_write_time(folder_ / "store" / "train-00001.h5ad"), written) << "was written again";
  }

  sctab::tests::TemporaryFolder folder_;
  Steps steps_;
};

TEST_F(WriterResume, GoesOnBetweenCellsToTheSameBytes) {
  {
    const auto writer = steps_.open(folder_ / "store");
    EXPECT_TRUE(writer->resumed_note().is_null());
    steps_.add(*writer, 0, 700);
    writer->checkpoint({{"next", 700}});
    steps_.add(*writer, 700, 1500);
    writer->checkpoint({{"next", 1500}});
    steps_.add(*writer, 1500, 2900);  // lost with the process
  }
  const auto writer = steps_.open(folder_ / "store");
  ASSERT_EQ(writer->resumed_note(), (nlohmann::json{{"next", 1500}}));
  steps_.add(*writer, 1500, 3000);
  Steps::finish(*writer);
  expect_as_whole();
}

TEST_F(WriterResume, GoesOnBetweenShardsToTheSameBytes) {
  {
    const auto writer = steps_.open(folder_ / "store");
    steps_.add(*writer, 0, 3000);
    writer->checkpoint({{"next", 3000}});
    fs::create_directory(folder_ / "store" / "train-00002.h5ad");  // where no file can be written
    EXPECT_THROW(Steps::finish(*writer), core::InputError);
  }
  fs::remove(folder_ / "store" / "train-00002.h5ad");
  expect_finishes_with_the_same_shards();
}

TEST_F(WriterResume, WhatIsFinishedIsFinishedAgainWithoutItsCells) {
  for (const double seconds : {0.0, 3600.0}) {
    steps_.simulation_.options.seconds_between_checkpoints = seconds;
    fs::remove_all(folder_ / "store");
    {
      const auto writer = steps_.open(folder_ / "store");
      steps_.add(*writer, 0, 3000);
      writer->checkpoint({{"next", 3000}});
      Steps::finish(*writer);
    }
    expect_as_whole();
    for (const char* table : {"store.json", "genes.tsv"}) fs::remove(folder_ / "store" / table);
    expect_finishes_with_the_same_shards();
  }
}

TEST_F(WriterResume, LeavesNothingBeforeTheFirstCheckpoint) {
  steps_.simulation_.options.seconds_between_checkpoints = 3600;
  {
    const auto writer = steps_.open(folder_ / "store");
    steps_.add(*writer, 0, 1500);
    writer->checkpoint({{"next", 1500}});  // too early
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "store"));
}

TEST_F(WriterResume, RefusesWhatIsNotItsOwn) {
  {
    const auto writer = steps_.open(folder_ / "store");
    steps_.add(*writer, 0, 1500);
    writer->checkpoint({{"next", 1500}});
  }
  Steps other;
  other.simulation_.options.seed = 77;  // deals cells to other spools
  SCTAB_EXPECT_THROW_WITH(other.open(folder_ / "store"), core::InputError, "checkpoint.json", "start over");
  other.simulation_.options.seed = steps_.simulation_.options.seed;
  other.simulation_.n_genes += 1;
  SCTAB_EXPECT_THROW_WITH(other.open(folder_ / "store"), core::InputError, "checkpoint.json", "start over");
  const fs::path spool = folder_ / "store" / "train-00001.spool";
  const auto size = fs::file_size(spool);
  fs::resize_file(spool, size - 1);
  SCTAB_EXPECT_THROW_WITH(steps_.open(folder_ / "store"), core::InputError, "train-00001.spool", "bytes");
  sctab::tests::write_bytes(folder_ / "store" / "checkpoint.json", R"({"version": 1})");
  SCTAB_EXPECT_THROW_WITH(steps_.open(folder_ / "store"), core::InputError, "checkpoint.json", "is missing",
                          "begin again");
  sctab::tests::write_bytes(folder_ / "store" / "checkpoint.json", R"({"version": 2})");
  SCTAB_EXPECT_THROW_WITH(steps_.open(folder_ / "store"), core::InputError, "checkpoint.json", "version 2");
  EXPECT_TRUE(fs::exists(spool));  // refusing removes nothing
}

}  // namespace
}  // namespace sctab::store
