#include "sctab/store/writer.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "sctab/core/interrupt.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/store/chunk_map.hpp"
#include "sctab/store/loader.hpp"
#include "store/simulated_store.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

using tests::Simulation;

Simulation small(CellIndex n_cells = 3000) {
  Simulation simulation;
  simulation.n_cells = n_cells;
  simulation.options.cells_per_shard = 512;
  return simulation;
}

// The raw counts of a split, in store order.
LoaderOptions in_store_order() {
  LoaderOptions options;
  options.shuffle = false;
  options.normalise = false;
  return options;
}

std::vector<std::string> shard_hashes(const Store& store) {
  std::vector<std::string> hashes;
  for (const Split split : kSplits) {
    for (const Shard& shard : store.shards(split)) hashes.push_back(shard.sha256);
  }
  return hashes;
}

// The times of day in an HDF5 file: with any, equal stores that are written at different times would differ.
std::set<std::time_t> times_in(const std::filesystem::path& path) {
  std::set<std::time_t> times;
  const auto add = [](hid_t, const char*, const H5O_info_t* object, void* found) {
    for (const std::time_t time : {object->atime, object->btime, object->ctime, object->mtime}) {
      if (time != 0) static_cast<std::set<std::time_t>*>(found)->insert(time);
    }
    return herr_t{0};
  };
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  EXPECT_GE(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add, &times, H5O_INFO_TIME), 0);
  EXPECT_GE(H5Fclose(file), 0);
  return times;
}

Store write_and_open(const std::filesystem::path& directory, const Simulation& simulation, CellIndex per_add = 10'000) {
  tests::write_simulated(directory, simulation, per_add);
  return Store::open(directory);
}

// Every cell once, in its split, with its own obs and counts.
void expect_all_cells(const Store& store, const Simulation& simulation) {
  tests::CellChecker checker(simulation, store.genes());
  std::set<CellIndex> seen;
  for (const Split split : kSplits) {
    const ObsTable obs = store.obs(split);
    ASSERT_EQ(obs.size(), store.n_cells(split));
    Loader loader(store, split, in_store_order());
    Batch batch;
    std::size_t row = 0;
    for (; loader.next(batch); row += batch.rows.size()) {
      for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        ASSERT_EQ(batch.rows[i], static_cast<CellIndex>(row + i));
        const CellIndex cell = obs.source_row[row + i];
        ASSERT_TRUE(seen.insert(cell).second) << "cell " << cell << " is there twice";
        ASSERT_EQ(tests::simulated_split(simulation, cell), split);
        const CellObs expected = tests::simulated_obs(cell, split);
        for (std::size_t field = 0; field < kNumFields; ++field) {
          ASSERT_EQ(obs.codes[field][row + i], expected.codes[field]);
        }
        ASSERT_EQ(batch.cell_types[i], expected.codes[0]);
        ASSERT_TRUE(checker.equal(batch.x.row(static_cast<CellIndex>(i)), cell)) << "cell " << cell;
      }
    }
    ASSERT_EQ(static_cast<CellIndex>(row), store.n_cells(split));
  }
  EXPECT_EQ(static_cast<CellIndex>(seen.size()), simulation.n_cells);
}

TEST(Writer, KeepsEveryCellOfAHundredThousand) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation;
  simulation.options.cells_per_shard = 16'384;
  const Store store = write_and_open(folder / "store", simulation);
  EXPECT_EQ(store.values(), ValueType::kUint16);
  EXPECT_EQ(store.shards(Split::kTrain).size(), 5U);
  EXPECT_EQ(store.shards(Split::kTrain).front().file, "train-00000.h5ad");
  EXPECT_EQ(store.shards(Split::kTrain).front().n_cells, 16'384);
  EXPECT_EQ(store.provenance().at("made_by"), "a test");
  EXPECT_EQ(store.ontology().at("version"), "none");
  store.verify();
  expect_all_cells(store, simulation);
}

TEST(Writer, TheSameSeedGivesTheSameShardsForAnyThreadsMemoryAndBlocks) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small();
  simulation.options.threads = 1;
  const auto first = shard_hashes(write_and_open(folder / "one", simulation));
  for (const auto& entry : std::filesystem::directory_iterator(folder / "one")) {
    if (entry.path().extension() != ".h5ad") continue;
    EXPECT_EQ(times_in(entry.path()), std::set<std::time_t>{}) << entry.path();
  }
  simulation.options.threads = 4;
  EXPECT_EQ(shard_hashes(write_and_open(folder / "four", simulation)), first);
  EXPECT_EQ(shard_hashes(write_and_open(folder / "blocks", simulation, 77)), first);
  simulation.options.memory_bytes = 1'000'000;
  simulation.genes_per_cell = 400;  // shards of some 0.3 MB: read in several goes
  const auto little_memory = shard_hashes(write_and_open(folder / "little", simulation));
  simulation.options.memory_bytes = 4'000'000'000;
  EXPECT_EQ(shard_hashes(write_and_open(folder / "much", simulation)), little_memory);
}

TEST(Writer, ShardsOfTooManyValuesAreWrittenAsSeveral) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small();
  simulation.options.cells_per_shard = 1024;
  const Store whole = write_and_open(folder / "whole", simulation);
  simulation.options.values_per_shard = 20'000;  // half of what 1,024 cells of some 40 genes have
  const Store split = write_and_open(folder / "split", simulation);
  expect_all_cells(split, simulation);
  EXPECT_GT(split.shards(Split::kTrain).size(), 2 * whole.shards(Split::kTrain).size());
  EXPECT_EQ(split.obs(Split::kTrain).source_row, whole.obs(Split::kTrain).source_row);  // the order is the same
  for (const Shard& shard : split.shards(Split::kTrain)) {
    const ShardMap map = read_shard_map(split.directory() / shard.file, shard.n_cells, ValueType::kUint16);
    EXPECT_LE(map.data.n_elements, simulation.options.values_per_shard) << shard.file;
  }
}

TEST(Writer, RefusesAShardOfTooManyValuesStill) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small(500);
  simulation.options.values_per_shard = 20;  // half of what a cell has
  SCTAB_EXPECT_THROW_WITH(tests::write_simulated(folder / "store", simulation), core::InputError, "train-0",
                          "at most 20");
}

TEST(Writer, AnotherSeedAnotherOrder) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small(500);
  const auto first = write_and_open(folder / "1", simulation).obs(Split::kTrain).source_row;
  simulation.options.seed = 2;
  const auto second = write_and_open(folder / "2", simulation).obs(Split::kTrain).source_row;
  EXPECT_EQ(std::set(first.begin(), first.end()), std::set(second.begin(), second.end()));
  EXPECT_NE(first, second);
}

TEST(Writer, EveryOrderIsEquallyLikely) {
  // 3 cells in shards of 2: six orders. Chi-square with 5 degrees of freedom is above 20.5 once in a thousand.
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small(3);
  simulation.fractions = {1, 0, 0};
  simulation.options.cells_per_shard = 2;
  simulation.options.threads = 1;
  std::map<std::vector<CellIndex>, int> seen;
  constexpr int kStores = 60;
  for (int seed = 0; seed < kStores; ++seed) {
    simulation.options.seed = static_cast<std::uint64_t>(seed);
    ++seen[write_and_open(folder / "store", simulation).obs(Split::kTrain).source_row];
    std::filesystem::remove_all(folder / "store");
  }
  double chi_square = (6.0 - static_cast<double>(seen.size())) * kStores / 6.0;
  for (const auto& [order, count] : seen) chi_square += std::pow(count - kStores / 6.0, 2) / (kStores / 6.0);
  EXPECT_LT(chi_square, 20.5);
}

TEST(Writer, FallsBackToFloatWhereACountIsNoUint16) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small(600);
  simulation.unit = 0.25F;
  const Store store = write_and_open(folder / "quarters", simulation);
  EXPECT_EQ(store.values(), ValueType::kFloat32);
  expect_all_cells(store, simulation);
  simulation.unit = 65'535.0F / 100;  // up to 65,535 but with fractions
  EXPECT_EQ(write_and_open(folder / "fractions", simulation).values(), ValueType::kFloat32);
}

TEST(Writer, Uint16EndsAt65535) {
  const sctab::tests::TemporaryFolder folder;
  for (const float largest : {65'535.0F, 65'536.0F}) {
    const auto directory = folder / std::to_string(static_cast<int>(largest));
    Writer writer(directory, sctab::tests::gene_list(3), tests::simulated_tables(), {1, 0, 0});
    sparse::CsrMatrix counts;
    counts.n_genes = 3;
    counts.append_row(std::vector<GeneIndex>{0, 2}, std::vector<float>{1, largest});
    const CellObs obs = tests::simulated_obs(1, Split::kTrain);
    const Split split = Split::kTrain;
    writer.add(counts.view(), std::span(&obs, 1), std::span(&split, 1));
    writer.finish(nlohmann::json::object(), nullptr);
    const Store store = Store::open(directory);
    EXPECT_EQ(store.values(), largest == 65'535.0F ? ValueType::kUint16 : ValueType::kFloat32);
    EXPECT_EQ(store.genes().ids.front(), sctab::tests::gene_list(3).ids.back());  // the gene with the larger count
    Loader loader(store, Split::kTrain, in_store_order());
    Batch batch;
    ASSERT_TRUE(loader.next(batch));
    EXPECT_EQ(batch.x.data, (std::vector<float>{largest, 1}));
  }
}

TEST(Writer, GenesStandInOrderOfMeanExpressionOverTrainingCells) {
  const sctab::tests::TemporaryFolder folder;
  const Simulation simulation = small();
  const Store store = write_and_open(folder / "store", simulation);
  LoaderOptions options;
  options.shuffle = false;
  Loader loader(store, Split::kTrain, options);
  std::vector<double> sums(static_cast<std::size_t>(store.genes().size()));
  Batch batch;
  while (loader.next(batch)) {
    for (std::size_t i = 0; i < batch.x.indices.size(); ++i) {
      sums[static_cast<std::size_t>(batch.x.indices[i])] += static_cast<double>(batch.x.data[i]);
    }
  }
  for (std::size_t i = 1; i < sums.size(); ++i) EXPECT_GE(sums[i - 1], sums[i] - 1e-6) << i;  // rounding of sums
  EXPECT_GT(sums.front(), sums.back());
}

TEST(Writer, LeavesNoSpools) {
  const sctab::tests::TemporaryFolder folder;
  const auto names = [](const std::filesystem::path& directory) {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) found.insert(entry.path().filename());
    return found;
  };
  tests::write_simulated(folder / "done", small(300));
  EXPECT_EQ(names(folder / "done"), (std::set<std::string>{"store.json", "genes.tsv", "ontology.json",
                                                           "train-00000.h5ad", "val-00000.h5ad", "test-00000.h5ad"}));
  core::set_interrupted(true);
  EXPECT_THROW(tests::write_simulated(folder / "cut", small(300)), core::Interrupted);
  core::set_interrupted(false);
  EXPECT_TRUE(names(folder / "cut").empty());
}

TEST(Writer, EmptySplitsAndEmptyCellsAreFine) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation = small(40);
  simulation.fractions = {1, 0, 0};
  simulation.genes_per_cell = 0.01;  // nearly all cells are empty
  const Store store = write_and_open(folder / "store", simulation);
  EXPECT_EQ(store.n_cells(Split::kVal), 0);
  expect_all_cells(store, simulation);
  Loader loader(store, Split::kVal);
  Batch batch;
  EXPECT_EQ(loader.n_batches(), 0);
  EXPECT_FALSE(loader.next(batch));
}

TEST(Writer, CellsMustBeThoseAnnounced) {
  const sctab::tests::TemporaryFolder folder;
  sparse::CsrMatrix counts;
  counts.n_genes = 10;
  counts.append_row({}, {});
  const CellObs obs = tests::simulated_obs(1, Split::kVal);
  const Split split = Split::kVal;
  Writer writer(folder / "store", sctab::tests::gene_list(10), tests::simulated_tables(), {1, 1, 0});
  writer.add(counts.view(), std::span(&obs, 1), std::span(&split, 1));
  EXPECT_THROW(writer.add(counts.view(), std::span(&obs, 1), std::span(&split, 1)), std::logic_error);
  EXPECT_THROW(writer.finish(nullptr, nullptr), std::logic_error);
}

TEST(Writer, NamesTheOptionOrTableThatIsWrong) {
  const sctab::tests::TemporaryFolder folder;
  const auto write = [&](const CategoryTables& tables, const WriterOptions& options) {
    Writer(folder / "store", sctab::tests::gene_list(3), tables, {0, 0, 0}, options);
  };
  WriterOptions options;
  options.cells_per_shard = 131'073;
  SCTAB_EXPECT_THROW_WITH(write(tests::simulated_tables(), options), core::InputError, "cells_per_shard", "131073");
  options = {};
  options.gzip_level = 0;
  SCTAB_EXPECT_THROW_WITH(write(tests::simulated_tables(), options), core::InputError, "gzip_level");
  CategoryTables tables = tests::simulated_tables();
  tables.cell_types[1].label = tables.cell_types[0].label;
  SCTAB_EXPECT_THROW_WITH(write(tables, {}), core::InputError, "cell_type", tables.cell_types[0].label.c_str());
}

}  // namespace
}  // namespace sctab::store
