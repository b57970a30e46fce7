#include "sctab/store/store.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/json_file.hpp"
#include "store/simulated_store.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

using tests::Simulation;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    Simulation simulation;
    simulation.n_cells = 400;
    simulation.options.cells_per_shard = 200;
    tests::write_simulated(directory_, simulation);
  }
  // Changes store.json.
  template <typename Change>
  void edit_manifest(Change change) {
    nlohmann::json manifest = core::read_json(directory_ / "store.json");
    change(manifest);
    core::write_json(directory_ / "store.json", manifest);
  }

  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path directory_ = folder_ / "store";
};

TEST_F(StoreTest, HoldsWhatWasWritten) {
  const Store store = Store::open(directory_);
  EXPECT_EQ(store.seed(), 1U);
  EXPECT_EQ(store.n_cells(Split::kTrain) + store.n_cells(Split::kVal) + store.n_cells(Split::kTest), 400);
  EXPECT_EQ(store.genes().size(), 1000);
  EXPECT_EQ(store.genes().symbols.front(), "GENE" + std::to_string(std::stoi(store.genes().ids.front().substr(4))));
  EXPECT_EQ(store.tables().cell_types[2].id, "CL:0000102");
  EXPECT_EQ(store.tables().column(Field::kTissue).size(), 3U);
  EXPECT_EQ(store.hash().size(), 64U);
  EXPECT_EQ(store.codes(Split::kVal, Field::kTissue), store.obs(Split::kVal).column(Field::kTissue));
  const auto manifest = core::read_json(directory_ / "store.json");
  EXPECT_EQ(manifest.at("n_cells").at("val"), store.n_cells(Split::kVal));
  EXPECT_EQ(manifest.at("value_type"), "uint16");
  EXPECT_EQ(manifest.at("gene_list_hash"), store.genes().hash());
}

TEST_F(StoreTest, SplitsHaveNames) {
  for (const Split split : kSplits) EXPECT_EQ(parse_split(name(split)), split);
  SCTAB_EXPECT_THROW_WITH(parse_split("validation"), core::InputError, "validation", "train, val or test");
}

TEST_F(StoreTest, NoStoreThere) {
  SCTAB_EXPECT_THROW_WITH(Store::open(folder_ / "none"), core::InputError, "none", "no such folder");
  SCTAB_EXPECT_THROW_WITH(Store::open(folder_.path()), core::InputError, "store.json");
  edit_manifest([](auto& manifest) { manifest = {{"some", "json"}}; });
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "store.json", "not the description of a sctab");
  std::ofstream(directory_ / "store.json") << "{";
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "store.json", "JSON");
}

TEST_F(StoreTest, ANewerVersionIsRefused) {
  edit_manifest([](auto& manifest) {
    manifest = {{"format", "sctab-store"}, {"format_version", kFormatVersion + 1}, {"new", "things"}};
  });
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "store.json", "format version 3",
                          "expected 2 or older", "use a newer sctab");
}

TEST_F(StoreTest, ADamagedManifestIsRefused) {
  const nlohmann::json whole = core::read_json(directory_ / "store.json");
  for (const char* key : {"seed", "value_type", "gene_list_hash", "cell_types", "categories", "shards", "provenance"}) {
    nlohmann::json manifest = whole;
    manifest.erase(key);
    core::write_json(directory_ / "store.json", manifest);
    SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "store.json: ", key, "build the store again");
    if (std::string(key) == "provenance") continue;
    manifest[key] = {{"of", "another kind"}};
    core::write_json(directory_ / "store.json", manifest);
    SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "store.json: ", "build the store again");
  }
}

TEST_F(StoreTest, AMissingOrResizedShardIsNamed) {
  const auto shard = directory_ / "train-00001.h5ad";
  std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 1);
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "train-00001.h5ad", "bytes");
  std::filesystem::remove(shard);
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "train-00001.h5ad",
                          "expected a shard of the store");
}

TEST_F(StoreTest, OtherGenesAreRefused) {
  std::filesystem::copy_file(directory_ / "genes.tsv", folder_ / "genes.tsv");
  std::ifstream in(folder_ / "genes.tsv");
  std::ofstream out(directory_ / "genes.tsv");
  std::string header, first, second;
  std::getline(in, header);
  std::getline(in, first);
  std::getline(in, second);
  out << header << '\n' << second << '\n' << first << '\n' << in.rdbuf();
  out.close();
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "genes.tsv", "their order");
}

TEST_F(StoreTest, ShardsOfAnotherStoreAreRefused) {
  edit_manifest([](auto& manifest) { manifest["categories"]["donor"][0] = "someone else"; });
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "train-00000.h5ad", "donor");
}

TEST_F(StoreTest, ADonorInTwoSplitsIsFound) {
  // The test shard takes the place of the validation shards as well.
  edit_manifest([](auto& manifest) { manifest["shards"]["val"] = manifest["shards"]["test"]; });
  SCTAB_EXPECT_THROW_WITH(Store::open(directory_), core::InputError, "donor ", "val", "test", "one split");
}

TEST_F(StoreTest, VerifyFindsOneChangedByte) {
  const Store store = Store::open(directory_);
  store.verify();
  const auto shard = directory_ / "test-00000.h5ad";
  std::fstream file(shard, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-5, std::ios::end);
  const int byte = file.peek();
  file.seekp(-5, std::ios::end);
  file.put(static_cast<char>(byte ^ 1));
  file.close();
  SCTAB_EXPECT_THROW_WITH(store.verify(), core::InputError, "test-00000.h5ad", "SHA-256");
}

}  // namespace
}  // namespace sctab::store
