#include "sctab/augmentation/vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "augmentation/donor_store.hpp"
#include "sctab/anndata/writer.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::augmentation {
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

TEST_F(VectorFile, IsRefusedWhereItIsSomethingElse) {
  SCTAB_EXPECT_THROW_WITH(read_vectors(folder_ / "none.h5ad"), core::InputError, "none.h5ad");
  const std::filesystem::path shard = store_.directory() / store_.shards(store::Split::kTrain).front().file;
  SCTAB_EXPECT_THROW_WITH(read_vectors(shard), core::InputError, "no file of augmentation vectors", "other_donor");
  Vectors vectors = some_vectors(store_, 90);
  vectors.values.data[1] = NAN;
  write_vectors(path_, vectors, nlohmann::json::object());
  SCTAB_EXPECT_THROW_WITH(read_vectors(path_), core::InputError, "vector 1 holds nan");
  vectors.values.clear(90);
  vectors.origins.clear();
  write_vectors(path_, vectors, nlohmann::json::object());
  SCTAB_EXPECT_THROW_WITH(read_vectors(path_), core::InputError, "holds no augmentation vectors");
}

}  // namespace
}  // namespace sctab::augmentation
