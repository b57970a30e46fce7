#include "sctab/store/loader.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <set>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/sparse/normalise.hpp"
#include "sctab/store/chunk_map.hpp"
#include "store/simulated_store.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

using tests::Simulation;

// 100,000 cells, 70,000 of them for training in five shards; written once for all tests of this process.
const Store& big_store() {
  static const sctab::tests::TemporaryFolder folder;
  static const Store store = [] {
    Simulation simulation;
    simulation.options.cells_per_shard = 16'000;  // no multiple of a block: blocks reach over shards
    tests::write_simulated(folder / "store", simulation);
    return Store::open(folder / "store");
  }();
  return store;
}

LoaderOptions threads(int n) {
  LoaderOptions options;
  options.threads = n;
  return options;
}

std::vector<CellIndex> rest_of_epoch(Loader& loader) {
  std::vector<CellIndex> rows;
  Batch batch;
  while (loader.next(batch)) rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
  return rows;
}

bool same(const Batch& a, const Batch& b) {
  return a.rows == b.rows && a.cell_types == b.cell_types && a.x.indptr == b.x.indptr && a.x.indices == b.x.indices &&
         a.x.data == b.x.data;
}

TEST(Loader, EveryCellOnceAnEpochOverAllRanks) {
  for (const int world_size : {1, 3}) {
    std::vector<CellIndex> all;
    std::set<std::int64_t> n_batches;
    for (int rank = 0; rank < world_size; ++rank) {
      LoaderOptions options;
      options.rank = rank;
      options.world_size = world_size;
      Loader loader(big_store(), Split::kTrain, options);
      loader.start(1);
      Batch batch;
      std::int64_t n = 0;
      for (; loader.next(batch); ++n) {
        EXPECT_EQ(batch.x.n_cells, static_cast<CellIndex>(batch.rows.size()));
        EXPECT_EQ(batch.cell_types.size(), batch.rows.size());
        EXPECT_LE(batch.x.n_cells, options.batch_size);
        all.insert(all.end(), batch.rows.begin(), batch.rows.end());
      }
      EXPECT_EQ(n, loader.n_batches());
      n_batches.insert(n);
    }
    EXPECT_EQ(n_batches.size(), 1U);
    std::sort(all.begin(), all.end());
    std::vector<CellIndex> expected(static_cast<std::size_t>(big_store().n_cells(Split::kTrain)));
    std::iota(expected.begin(), expected.end(), CellIndex{0});
    EXPECT_EQ(all, expected);
  }
}

TEST(Loader, OrderDoesNotDependOnThreads) {
  Loader one(big_store(), Split::kTrain, threads(1));
  Loader four(big_store(), Split::kTrain, threads(4));
  Batch a, b;
  for (const std::int64_t epoch : {0, 1}) {
    one.start(epoch);
    four.start(epoch);
    while (one.next(a)) {
      ASSERT_TRUE(four.next(b));
      ASSERT_TRUE(same(a, b));
    }
    EXPECT_FALSE(four.next(b));
  }
}

TEST(Loader, EpochsAndSeedsDiffer) {
  Loader loader(big_store(), Split::kVal, {});
  const auto first = rest_of_epoch(loader);
  loader.start(1);
  EXPECT_NE(rest_of_epoch(loader), first);
  loader.start(0);
  EXPECT_EQ(rest_of_epoch(loader), first);
  LoaderOptions other;
  other.seed = 2;
  Loader reseeded(big_store(), Split::kVal, other);
  EXPECT_NE(rest_of_epoch(reseeded), first);
}

TEST(Loader, CellsAreThoseOfTheRows) {
  Simulation simulation;
  LoaderOptions options;
  options.normalise = false;
  Loader loader(big_store(), Split::kTest, options);
  const ObsTable obs = big_store().obs(Split::kTest);
  tests::CellChecker checker(simulation, big_store().genes());
  Batch batch;
  while (loader.next(batch)) {
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(batch.rows[i]);
      ASSERT_EQ(batch.cell_types[i], obs.column(Field::kCellType)[row]);
      ASSERT_TRUE(checker.equal(batch.x.row(static_cast<CellIndex>(i)), obs.source_row[row]));
    }
  }
}

TEST(Loader, NormalisesAsSparseDoes) {
  LoaderOptions raw;
  raw.normalise = false;
  Loader counts(big_store(), Split::kVal, raw);
  Loader normalised(big_store(), Split::kVal, {});
  Batch expected, got;
  while (counts.next(expected)) {
    ASSERT_TRUE(normalised.next(got));
    sparse::log_normalise(expected.x);
    ASSERT_TRUE(same(got, expected));  // bit for bit
  }
}

TEST(Loader, ResumesAnywhere) {
  LoaderOptions options = threads(2);
  options.batch_size = 500;
  options.rows_per_block = 128;
  options.blocks_per_window = 8;
  Loader whole(big_store(), Split::kVal, options);
  Loader resumed(big_store(), Split::kVal, options);
  std::vector<Batch> batches;
  for (Batch batch; whole.next(batch); batch = {}) batches.push_back(std::move(batch));
  ASSERT_EQ(static_cast<std::int64_t>(batches.size()), whole.n_batches());
  for (const std::int64_t from : {std::int64_t{0}, std::int64_t{1}, std::int64_t{13}, whole.n_batches() - 1}) {
    resumed.start(0, from);
    Batch batch;
    for (auto b = static_cast<std::size_t>(from); b < batches.size(); ++b) {
      ASSERT_TRUE(resumed.next(batch));
      ASSERT_TRUE(same(batch, batches[b])) << "batch " << b << " from " << from;
    }
    EXPECT_FALSE(resumed.next(batch));
  }
  Batch batch;
  resumed.start(0, whole.n_batches());
  EXPECT_FALSE(resumed.next(batch));
  EXPECT_THROW(resumed.start(0, whole.n_batches() + 1), core::InputError);
}

/// The store's types are even; epochs that make them uneven serve as well.
LoaderOptions with_copies(int n_threads) {
  LoaderOptions options = threads(n_threads);
  options.batch_size = 700;
  options.copies_per_type = {0, 0.2, 0.7, 1, 3.1};
  return options;
}

TEST(LoaderWithCopies, ShowsTypesAtTheirRates) {
  const LoaderOptions options = with_copies(2);
  Loader loader(big_store(), Split::kTrain, options);
  loader.start(1);
  std::vector<double> shown(options.copies_per_type.size(), 0);
  CellIndex n_cells = 0;
  for (Batch batch; loader.next(batch); n_cells += batch.x.n_cells) {
    for (const TypeIndex type : batch.cell_types) ++shown.at(static_cast<std::size_t>(type));
  }
  EXPECT_EQ(n_cells, loader.n_cells());
  std::vector<double> there(shown.size(), 0);
  for (const auto type : big_store().codes(Split::kTrain, Field::kCellType)) ++there.at(static_cast<std::size_t>(type));
  for (std::size_t type = 0; type < shown.size(); ++type) {
    const double deviation = 0.5 * std::sqrt(there[type]);  // of one that is shown or not, at most
    EXPECT_NEAR(shown[type], there[type] * options.copies_per_type[type], 5 * deviation) << type;
  }
}

TEST(LoaderWithCopies, OrderDoesNotDependOnThreadsAndResumesAnywhere) {
  Loader one(big_store(), Split::kTrain, with_copies(1));
  Loader resumed(big_store(), Split::kTrain, with_copies(4));
  std::vector<Batch> batches;
  one.start(2);
  for (Batch batch; one.next(batch); batch = {}) batches.push_back(std::move(batch));
  ASSERT_EQ(static_cast<std::int64_t>(batches.size()), one.n_batches());
  for (const std::int64_t from : {std::int64_t{0}, one.n_batches() / 2, one.n_batches() - 1, one.n_batches()}) {
    resumed.start(2, from);
    Batch batch;
    for (auto b = static_cast<std::size_t>(from); b < batches.size(); ++b) {
      ASSERT_TRUE(resumed.next(batch));
      ASSERT_TRUE(same(batch, batches[b])) << "batch " << b << " from " << from;
    }
    EXPECT_FALSE(resumed.next(batch));
  }
}

TEST(LoaderWithCopies, RefusesRatesThatAreNone) {
  LoaderOptions options;
  for (const double bad : {-0.1, std::nan(""), 1001.0}) {
    options.copies_per_type = {1, 1, 1, 1, bad};
    SCTAB_EXPECT_THROW_WITH(options.validate(), core::InputError, "copies_per_type", "0 to 1000");
  }
  options.copies_per_type = {1, 1};
  SCTAB_EXPECT_THROW_WITH(Loader(big_store(), Split::kVal, options), core::InputError, "2 values",
                          "5, one for each cell type");
}

TEST(Loader, GoesOnAfterAStartThatWasRefused) {
  Loader whole(big_store(), Split::kVal, threads(2));
  Loader refused(big_store(), Split::kVal, threads(2));
  Batch want, got;
  for (std::int64_t n = 0; whole.next(want); ++n) {
    ASSERT_TRUE(refused.next(got));
    ASSERT_TRUE(same(got, want)) << n;
    EXPECT_THROW(refused.start(1, whole.n_batches() + 1), core::InputError);
    EXPECT_THROW(refused.start(-1), core::InputError);
    EXPECT_THROW(refused.start(1, -1), core::InputError);
  }
  EXPECT_FALSE(refused.next(got));
}

TEST(Loader, ReadsMoreGenesThanTwoBytesCanNumber) {
  const sctab::tests::TemporaryFolder folder;
  Simulation simulation;
  simulation.n_cells = 600;
  simulation.n_genes = 70'000;
  simulation.fractions = {1, 0, 0};
  tests::write_simulated(folder / "store", simulation);
  const Store store = Store::open(folder / "store");
  LoaderOptions options;
  options.normalise = false;
  Loader loader(store, Split::kTrain, options);
  const ObsTable obs = store.obs(Split::kTrain);
  tests::CellChecker checker(simulation, store.genes());
  CellIndex n_cells = 0;
  for (Batch batch; loader.next(batch); n_cells += batch.x.n_cells) {
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const CellIndex cell = obs.source_row[static_cast<std::size_t>(batch.rows[i])];
      ASSERT_TRUE(checker.equal(batch.x.row(static_cast<CellIndex>(i)), cell));
    }
  }
  EXPECT_EQ(n_cells, simulation.n_cells);
}

TEST(Loader, WindowsAndBlocksOfAnySizeWork) {
  for (const CellIndex batch_size : {1, 7, 300, 40'000}) {
    for (const CellIndex rows_per_block : {1, 33, 5000}) {
      if (batch_size == 1 && rows_per_block == 1) continue;  // a window a cell: right and slow
      LoaderOptions options = threads(3);
      options.batch_size = batch_size;
      options.rows_per_block = rows_per_block;
      options.blocks_per_window = 1;
      Loader loader(big_store(), Split::kVal, options);
      const std::int64_t from = std::max<std::int64_t>(loader.n_batches() - 50, 0);
      loader.start(0, from);
      const auto rows = rest_of_epoch(loader);
      EXPECT_EQ(std::set(rows.begin(), rows.end()).size(), rows.size());
      if (from == 0) {
        EXPECT_EQ(static_cast<CellIndex>(rows.size()), big_store().n_cells(Split::kVal));
      }
    }
  }
}

TEST(Loader, MayBeLeftOrRestartedInTheMiddle) {
  Loader loader(big_store(), Split::kTrain, threads(2));
  Batch batch;
  for (int i = 0; i < 20; ++i) {
    loader.start(i, i);
    ASSERT_TRUE(loader.next(batch));
  }
}

TEST(Loader, StopsOnInterrupt) {
  Loader loader(big_store(), Split::kVal, {});
  Batch batch;
  core::set_interrupted(true);
  EXPECT_THROW(loader.next(batch), core::Interrupted);
  core::set_interrupted(false);
  EXPECT_TRUE(loader.next(batch));
}

TEST(Loader, NamesTheOptionThatIsWrong) {
  const auto expect_refused = [](const LoaderOptions& options, const char* field) {
    SCTAB_EXPECT_THROW_WITH(options.validate(), core::InputError, field);
  };
  LoaderOptions options;
  options.batch_size = 0;
  expect_refused(options, "batch_size");
  options = {};
  options.rank = 1;
  expect_refused(options, "rank");
  options = {};
  options.world_size = 0;
  expect_refused(options, "world_size");
  options = {};
  options.threads = -1;
  expect_refused(options, "threads");
  options = {};
  options.blocks_per_window = 0;
  expect_refused(options, "blocks_per_window");
}

/// A small store of its own for each test, to be damaged.
class DamagedStore : public testing::Test {
 protected:
  DamagedStore() {
    Simulation simulation;
    simulation.n_cells = 4000;
    simulation.fractions = {1, 0, 0};
    simulation.options.cells_per_shard = 1000;
    simulation.options.cells_per_chunk = 32;
    tests::write_simulated(directory_, simulation);
  }
  // Puts an element of a dataset in place through HDF5, so that all checksums are right.
  void put(const std::string& shard, const char* dataset_name, hsize_t at, std::int64_t value) {
    {
      const hdf5::Lock lock;
      hdf5::Handle file = hdf5::open_file(directory_ / shard, hdf5::Access::kReadWrite);
      const hdf5::Handle dataset = hdf5::open_dataset(file.id(), dataset_name);
      const hdf5::Handle all(H5Dget_space(dataset.id()));
      const hdf5::Handle one(H5Screate(H5S_SCALAR));
      ASSERT_GE(H5Sselect_elements(all.id(), H5S_SELECT_SET, 1, &at), 0);
      ASSERT_GE(H5Dwrite(dataset.id(), H5T_NATIVE_INT64, one.id(), all.id(), H5P_DEFAULT, &value), 0);
    }
    accept_sizes();
  }
  void flip_byte(const std::string& shard, std::int64_t at) {
    std::fstream file(directory_ / shard, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.peek();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 0x10));
  }
  // store.json then expects the sizes that the shards have.
  void accept_sizes() {
    nlohmann::json manifest = core::read_json(directory_ / "store.json");
    for (auto& shard : manifest["shards"]["train"]) {
      shard["bytes"] = std::filesystem::file_size(directory_ / shard["file"].get<std::string>());
    }
    core::write_json(directory_ / "store.json", manifest);
  }
  void expect_refused(const char* shard, const char* what) {
    SCTAB_EXPECT_THROW_WITH(
        {
          Loader loader(Store::open(directory_), Split::kTrain, in_store_order());
          rest_of_epoch(loader);
        },
        core::InputError, shard, what, "build the store again");
  }
  static LoaderOptions in_store_order() {
    LoaderOptions options;
    options.shuffle = false;
    options.batch_size = 100;
    options.rows_per_block = 50;
    options.blocks_per_window = 4;
    return options;
  }

  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path directory_ = folder_ / "store";
};

TEST_F(DamagedStore, AChangedByteInAChunkIsNamedAndTheRestStillReads) {
  const ShardMap map = read_shard_map(directory_ / "train-00001.h5ad", 1000, ValueType::kUint16);
  flip_byte("train-00001.h5ad", map.data.chunks[3].address + 50);
  const Store store = Store::open(directory_);
  Loader loader(store, Split::kTrain, in_store_order());
  SCTAB_EXPECT_THROW_WITH(rest_of_epoch(loader), core::InputError, "train-00001.h5ad", "damaged", "X/");
  Batch batch;
  EXPECT_THROW(loader.next(batch), std::logic_error);  // never continues in silence
  // O(1) resume: the third shard is reached without a look at the second.
  loader.start(0, 20);
  EXPECT_EQ(static_cast<CellIndex>(rest_of_epoch(loader).size()), 2000);
}

TEST_F(DamagedStore, AChangedByteAnywhereIsRefusedOrHarmless) {
  const auto shard = directory_ / "train-00001.h5ad";
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(shard));
  int refused = 0;
  for (std::int64_t at = 0; at < size; at += size / 97) {
    flip_byte("train-00001.h5ad", at);
    try {
      Loader loader(Store::open(directory_), Split::kTrain, in_store_order());
      EXPECT_EQ(rest_of_epoch(loader).size(), 4000U);
    } catch (const core::InputError& error) {
      EXPECT_NE(std::string(error.what()).find("train-00001.h5ad"), std::string::npos) << error.what();
      ++refused;
    }
    flip_byte("train-00001.h5ad", at);
  }
  EXPECT_GT(refused, 20);  // the chunks of X are a good part of the file
  EXPECT_NO_THROW(Store::open(directory_).verify());
}

TEST_F(DamagedStore, AShardCutOffAfterOpeningIsNamed) {
  const Store store = Store::open(directory_);
  Loader loader(store, Split::kTrain, in_store_order());
  std::filesystem::resize_file(directory_ / "train-00003.h5ad", 3000);
  SCTAB_EXPECT_THROW_WITH(rest_of_epoch(loader), core::InputError, "train-00003.h5ad", "changed while it was read");
}

TEST_F(DamagedStore, AnotherShardUnderTheNameIsRefused) {
  const Store store = Store::open(directory_);
  Loader loader(store, Split::kTrain, in_store_order());
  const auto shard = directory_ / "train-00003.h5ad";
  std::filesystem::copy_file(shard, folder_ / "copy");
  std::filesystem::last_write_time(folder_ / "copy", std::filesystem::last_write_time(shard));
  std::filesystem::rename(folder_ / "copy", shard);
  SCTAB_EXPECT_THROW_WITH(rest_of_epoch(loader), core::InputError, "train-00003.h5ad", "changed while it was read");
  SCTAB_EXPECT_THROW_WITH((void)store.codes(Split::kTrain, Field::kDonor), core::InputError, "train-00003.h5ad",
                          "changed while it was read");
}

TEST_F(DamagedStore, NumbersThatTheShardCannotHoldAreRefused) {
  const nlohmann::json good = core::read_json(directory_ / "store.json");
  for (const std::int64_t n_cells : {std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::max()}) {
    nlohmann::json manifest = good;
    manifest["shards"]["train"][0]["n_cells"] = n_cells;
    core::write_json(directory_ / "store.json", manifest);
    SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "store.json", "train-00000.h5ad",
                            "cannot hold them");
  }
}

TEST_F(DamagedStore, WrongOffsetsAreRefused) {
  put("train-00002.h5ad", "X/indptr", 0, 1);
  expect_refused("train-00002.h5ad", "X/indptr");
  put("train-00002.h5ad", "X/indptr", 0, 0);
  put("train-00002.h5ad", "X/indptr", 500, 1 << 30);
  expect_refused("train-00002.h5ad", "X/indptr");
  put("train-00002.h5ad", "X/indptr", 500, -7);
  expect_refused("train-00002.h5ad", "X/indptr");
}

TEST_F(DamagedStore, WrongGenesAreRefused) {
  put("train-00000.h5ad", "X/indices", 3, 1000);
  expect_refused("train-00000.h5ad", "cell 0: its genes");
  put("train-00000.h5ad", "X/indices", 3, -1);
  expect_refused("train-00000.h5ad", "cell 0: its genes");
  put("train-00000.h5ad", "X/indices", 3, 1 << 16);  // whose lower half alone would be gene 0
  expect_refused("train-00000.h5ad", "cell 0: its genes");
}

TEST_F(DamagedStore, TheCellWithWrongGenesIsNamed) {
  const ShardMap map = read_shard_map(directory_ / "train-00003.h5ad", 1000, ValueType::kUint16);
  const auto last_of_777 = static_cast<hsize_t>(map.indptr[778]) - 1;
  put("train-00003.h5ad", "X/indices", last_of_777, 1 << 20);  // does not fit two bytes
  expect_refused("train-00003.h5ad", "cell 777: its genes");
  put("train-00003.h5ad", "X/indices", last_of_777, 0);  // fits, and does not ascend
  expect_refused("train-00003.h5ad", "cell 777: its genes");
}

TEST_F(DamagedStore, AnotherNumberOfCellsIsRefused) {
  nlohmann::json manifest = core::read_json(directory_ / "store.json");
  manifest["shards"]["train"][0]["n_cells"] = 999;
  core::write_json(directory_ / "store.json", manifest);
  expect_refused("train-00000.h5ad", "");
}

TEST_F(DamagedStore, AnotherValueTypeIsRefused) {
  nlohmann::json manifest = core::read_json(directory_ / "store.json");
  manifest["value_type"] = "float32";
  core::write_json(directory_ / "store.json", manifest);
  expect_refused("train-00000.h5ad", "X/data");
}

TEST_F(DamagedStore, MoreRanksThanCellsAreRefused) {
  LoaderOptions options;
  options.world_size = 5000;
  const Store store = Store::open(directory_);
  SCTAB_EXPECT_THROW_WITH(Loader(store, Split::kTrain, options), core::InputError, "5000 ranks");
}

}  // namespace
}  // namespace sctab::store
