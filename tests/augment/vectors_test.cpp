#include "sctab/augment/vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "augment/donor_store.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::augment {
namespace {

/// Three vectors over the first `n_genes` genes of a store.
Vectors some_vectors(const store::Store& store, sparse::GeneIndex n_genes) {
  Vectors vectors;
  vectors.values = {
      .n_cells = 3, .n_genes = n_genes, .indptr = {0, 2, 2, 3}, .indices = {1, 4, 0}, .data = {-1.5F, 0.3F, 1}};
  const auto n = static_cast<std::ptrdiff_t>(n_genes);
  vectors.genes.ids.assign(store.genes().ids.begin(), store.genes().ids.begin() + n);
  vectors.genes.symbols.assign(store.genes().symbols.begin(), store.genes().symbols.begin() + n);
  vectors.origins = {{"type 0", "CL:0000100", "donor 0", "donor 2", 7},
                     {"type 1", "CL:0000101", "donor 3", "donor 1", 0},
                     {"type 1", "CL:0000101", "donor 2", "donor 3", 1}};
  return vectors;
}

class VectorFile : public testing::Test {
 protected:
  sctab::tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_donor_store(folder_ / "store");
  std::filesystem::path path_ = folder_ / "vectors.h5ad";
};

TEST_F(VectorFile, ComesBackAsItWasWritten) {
  const Vectors want = some_vectors(store_, 90);
  write_vectors(path_, want, {{"seed", 1}, {"types_left_out", nlohmann::json::array()}});
  const Vectors got = read_vectors(path_);
  EXPECT_EQ(got.values.indptr, want.values.indptr);
  EXPECT_EQ(got.values.indices, want.values.indices);
  EXPECT_EQ(got.values.data, want.values.data);
  EXPECT_EQ(got.genes.ids, want.genes.ids);
  ASSERT_EQ(got.origins.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got.origins[i].cell_type, want.origins[i].cell_type);
    EXPECT_EQ(got.origins[i].cell_type_id, want.origins[i].cell_type_id);
    EXPECT_EQ(got.origins[i].donor, want.origins[i].donor);
    EXPECT_EQ(got.origins[i].other_donor, want.origins[i].other_donor);
    EXPECT_EQ(got.origins[i].cluster, want.origins[i].cluster);
  }
}

TEST_F(VectorFile, IsPutIntoTheStoresOrderOfGenes) {
  Vectors vectors = some_vectors(store_, 90);
  std::swap(vectors.genes.ids[1], vectors.genes.ids[0]);
  std::swap(vectors.genes.ids[4], vectors.genes.ids[2]);
  const sparse::CsrMatrix got = vectors_for(store_, vectors, path_);
  EXPECT_EQ(got.n_genes, 90);
  EXPECT_EQ(got.indptr, (std::vector<std::int64_t>{0, 2, 2, 3}));
  EXPECT_EQ(got.indices, (std::vector<sparse::GeneIndex>{0, 2, 1}));
  EXPECT_EQ(got.data, (std::vector<float>{-1.5F, 0.3F, 1}));
}

TEST_F(VectorFile, MayLackFewGenesButNotMany) {
  EXPECT_EQ(vectors_for(store_, some_vectors(store_, 81), path_).n_genes, 90);
  SCTAB_EXPECT_THROW_WITH(vectors_for(store_, some_vectors(store_, 80), path_), core::InputError, "vectors.h5ad",
                          "80 of the 90 genes", "sctab augment");
}

TEST_F(VectorFile, IsRefusedWhereADonorIsHeldOut) {
  for (const char* donor : {"donor 6", "donor 7"}) {  // validation and test
    Vectors vectors = some_vectors(store_, 90);
    vectors.origins[2].other_donor = donor;
    SCTAB_EXPECT_THROW_WITH(vectors_for(store_, vectors, path_), core::InputError, donor, "has seen", "vectors.h5ad");
  }
}

TEST_F(VectorFile, OfAnotherStoreIsRefusedWhereADonorIsNotTrainedOn) {
  Vectors vectors = some_vectors(store_, 90);
  for (const char* stranger : {"blood_v2:1244", "donor 60"}) {  // a held-out donor under another name, say
    vectors.origins[1].donor = stranger;
    for (const char* hash : {"", "of another store"}) {
      vectors.store_hash = hash;
      SCTAB_EXPECT_THROW_WITH(vectors_for(store_, vectors, path_), core::InputError, stranger, "another store",
                              "sctab augment", "vectors.h5ad");
    }
    vectors.store_hash = store_.hash();
    EXPECT_EQ(vectors_for(store_, vectors, path_).n_cells, 3);
  }
}

TEST_F(VectorFile, OfTheStoreThatThisOneWasTakenFromIsFine) {
  const store::Store part = tests::make_donor_store(
      folder_ / "part", {},
      {{"made_by", "sctab corpus subsample"},
       {"from",
        {{"hash", "parent"},
         {"provenance",
          {{"made_by", "sctab corpus subsample"}, {"from", {{"hash", "grandparent"}, {"provenance", {}}}}}}}}});
  Vectors vectors = some_vectors(part, 90);
  vectors.origins[1].donor = "a donor that the part left out";
  for (const char* hash : {"parent", "grandparent"}) {
    vectors.store_hash = hash;
    EXPECT_EQ(vectors_for(part, vectors, path_).n_cells, 3);
  }
  vectors.store_hash = "stranger";
  EXPECT_THROW((void)vectors_for(part, vectors, path_), core::InputError);
  vectors.store_hash = "parent";
  vectors.origins[1].donor = "donor 7";
  EXPECT_THROW((void)vectors_for(part, vectors, path_), core::InputError) << "held out here, for any hash";
}

TEST_F(VectorFile, TellsOfWhichStoreItIs) {
  write_vectors(path_, some_vectors(store_, 90), {{"store_hash", "abc"}});
  EXPECT_EQ(read_vectors(path_).store_hash, "abc");
  write_vectors(path_, some_vectors(store_, 90), {{"store_hash", 7}});
  EXPECT_EQ(read_vectors(path_).store_hash, "");
}

TEST_F(VectorFile, WithoutDonorsIsWarnedOfButWithThePublishedStore) {
  Vectors vectors = some_vectors(store_, 90);
  for (VectorOrigin& origin : vectors.origins) origin.donor = origin.other_donor = std::string(kNotPublished);
  testing::internal::CaptureStdout();
  EXPECT_EQ(vectors_for(store_, vectors, path_).n_cells, 3);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("does not say whose"), std::string::npos);
  const store::Store imported = tests::make_donor_store(
      folder_ / "part", {},
      {{"made_by", "sctab corpus subsample"}, {"from", {{"provenance", {{"made_by", "sctab corpus import"}}}}}});
  testing::internal::CaptureStdout();
  EXPECT_EQ(vectors_for(imported, vectors, path_).n_cells, 3);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST_F(VectorFile, IsRefusedWhereItIsSomethingElse) {
  SCTAB_EXPECT_THROW_WITH(read_vectors(folder_ / "none.h5ad"), core::InputError, "none.h5ad");
  const std::filesystem::path shard = store_.directory() / store_.shards(store::Split::kTrain).front().file;
  SCTAB_EXPECT_THROW_WITH(read_vectors(shard), core::InputError, "a file of augmentation vectors", "other_donor");
  Vectors vectors = some_vectors(store_, 90);
  vectors.values.data[1] = NAN;
  write_vectors(path_, vectors, nlohmann::json::object());
  SCTAB_EXPECT_THROW_WITH(read_vectors(path_), core::InputError, "vector 1: the value nan");
  vectors.values.clear(90);
  vectors.origins.clear();
  write_vectors(path_, vectors, nlohmann::json::object());
  SCTAB_EXPECT_THROW_WITH(read_vectors(path_), core::InputError, "no augmentation vectors");
}

}  // namespace
}  // namespace sctab::augment
