#include "sctab/augment/make_vectors.hpp"

#include <gtest/gtest.h>

#include <limits>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "augment/donor_store.hpp"
#include "sctab/core/error.hpp"
#include "sctab/corpus/build.hpp"
#include "support/fixtures.hpp"

namespace sctab::augment {
namespace {

using store::Field;

/// The training cells of a store, dense, and what they are of.
struct DenseCells {
  explicit DenseCells(const store::Store& store)
      : values(tests::dense_cells(store)),
        types(store.codes(store::Split::kTrain, Field::kCellType)),
        donors(store.codes(store::Split::kTrain, Field::kDonor)) {}
  std::vector<std::vector<double>> values;
  std::vector<std::int32_t> types, donors;
};

/// The mean of all cells of a type and donor, in plain loops.
std::vector<double> mean_of(const store::Store& store, const DenseCells& cells, const std::string& type_id,
                            const std::string& donor) {
  std::vector<double> sum(cells.values.front().size(), 0.0);
  double n = 0;
  for (std::size_t i = 0; i < cells.values.size(); ++i) {
    const std::int32_t code = cells.donors[i];
    if (code < 0 || store.tables().column(Field::kDonor)[static_cast<std::size_t>(code)] != donor) continue;
    if (store.tables().cell_types[static_cast<std::size_t>(cells.types[i])].id != type_id) continue;
    ++n;
    for (std::size_t gene = 0; gene < sum.size(); ++gene) sum[gene] += cells.values[i][gene];
  }
  for (double& value : sum) value /= n;
  return sum;
}

/// Holds each vector against the difference that its origin describes, over all cells.
void expect_differences(const store::Store& store, const Vectors& vectors) {
  const DenseCells cells(store);
  for (CellIndex i = 0; i < vectors.values.n_cells; ++i) {
    const VectorOrigin& origin = vectors.origins[static_cast<std::size_t>(i)];
    std::vector<double> want = mean_of(store, cells, origin.cell_type_id, origin.donor);
    const std::vector<double> other = mean_of(store, cells, origin.cell_type_id, origin.other_donor);
    for (std::size_t gene = 0; gene < want.size(); ++gene) {
      const double value = want[gene] - other[gene];
      want[gene] = std::abs(value) <= 0.25 ? 0.0 : std::clamp(value, -1.5, 1.5);
    }
    const sparse::RowView row = vectors.values.row(i);
    for (std::size_t at = 0; at < row.indices.size(); ++at) {
      want[static_cast<std::size_t>(row.indices[at])] -= static_cast<double>(row.data[at]);
    }
    for (std::size_t gene = 0; gene < want.size(); ++gene) {
      EXPECT_TRUE(std::abs(want[gene]) <= 1e-6) << "vector " << i << ", gene " << gene << ": " << want[gene];
    }
  }
}

TEST(MakeVectors, AreDifferencesBetweenTheDonorsTheyName) {
  const sctab::tests::TemporaryFolder folder;
  const store::Store store =
      tests::make_donor_store(folder / "store", {.last_type_of_one_donor = true, .first_donor_unknown = true});
  const auto [vectors, facts] = make_vectors(store);
  EXPECT_EQ(facts.cells_without_donor, 16);  // of two types
  EXPECT_EQ(facts.n_types, 2);
  EXPECT_EQ(facts.types_left_out, std::vector<std::string>{"type 2"});
  EXPECT_EQ(facts.n_differences, 20);  // all pairs of five donors
  EXPECT_EQ(facts.n_clusters, 1);
  EXPECT_EQ(facts.n_vectors, 20);
  ASSERT_EQ(vectors.origins.size(), 20U);
  std::set<std::set<std::string>> pairs;
  for (const VectorOrigin& origin : vectors.origins) {
    EXPECT_NE(origin.donor, "unknown");
    EXPECT_NE(origin.other_donor, "unknown");
    pairs.insert({origin.cell_type, origin.donor, origin.other_donor});
  }
  EXPECT_EQ(pairs.size(), 20U);
  expect_differences(store, vectors);
}

TEST(MakeVectors, AreAFunctionOfTheSeedAlone) {
  const sctab::tests::TemporaryFolder folder;
  const store::Store store = tests::make_donor_store(folder / "store", {.n_donors = 20, .cells_per_group = 3});
  const VectorOptions options{.n_cells = 100, .pairs_per_type = 60, .n_vectors = 40, .threads = 1};
  const MadeVectors want = make_vectors(store, options);
  EXPECT_EQ(want.facts.n_cells, 100);
  EXPECT_EQ(want.facts.n_clusters, 4);  // 180 differences
  EXPECT_LE(want.facts.n_vectors, 40);
  VectorOptions other = options;
  other.threads = 3;
  other.memory_bytes = 1;  // a reading for each type
  EXPECT_EQ(make_vectors(store, other).vectors.values.data, want.vectors.values.data);
  other.seed = 2;
  EXPECT_NE(make_vectors(store, other).vectors.values.data, want.vectors.values.data);
}

TEST(MakeVectors, NeedTwoDonorsOfAType) {
  const sctab::tests::TemporaryFolder folder;
  const store::Store store = tests::make_donor_store(folder / "store", {.n_donors = 1});
  SCTAB_EXPECT_THROW_WITH(make_vectors(store), core::InputError, "two donors", "donor_id", "store");
  SCTAB_EXPECT_THROW_WITH(make_vectors(store, {.n_vectors = 0}), core::InputError, "vectors: 0");
}

TEST(MakeVectors, ThresholdOfClustersIsThePapersOrTheSameShare) {
  EXPECT_EQ(least_members(49'200, 2'000), 2'001);
  EXPECT_EQ(least_members(80'000, 2'000), 2'001);
  EXPECT_EQ(least_members(4'920, 2'000), 201);
  EXPECT_EQ(least_members(100, 2'000), 5);
  EXPECT_EQ(least_members(100, 0), 1);
}

TEST(MakeVectors, NumbersOutOfRangeAreRefused) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const auto refused = [](const VectorOptions& options, const char* field) {
    SCTAB_EXPECT_THROW_WITH(options.validate(), core::InputError, field, "1000000000");
  };
  refused({.n_cells = kHuge}, "cells to sample");
  refused({.pairs_per_type = kHuge}, "pairs of donors per type");
  refused({.n_clusters = kHuge}, "clusters");
  refused({.cluster_members = kHuge}, "members of a cluster");
  refused({.cluster_members = -1}, "members of a cluster");
  refused({.n_vectors = kHuge}, "vectors");
  VectorOptions{.cluster_members = 1'000'000'000}.validate();
  EXPECT_EQ(least_members(80'000, 1'000'000'000), 1'000'000'001);
}

TEST(MakeVectors, SmallClustersAreLeftOutButNeverAll) {
  const std::vector<std::int32_t> clusters = {0, 1, 0, 2, 0, 2, 0};
  const std::vector<std::int64_t> members = {4, 1, 2};
  std::int64_t n_kept = 0;
  EXPECT_EQ(in_large_clusters(clusters, members, 2, n_kept), (std::vector<CellIndex>{0, 2, 3, 4, 5, 6}));
  EXPECT_EQ(n_kept, 2);
  EXPECT_EQ(in_large_clusters(clusters, members, 4, n_kept), (std::vector<CellIndex>{0, 2, 4, 6}));
  // None has 5: those of an average cluster's size, 7 / 3 rounded up.
  EXPECT_EQ(in_large_clusters(clusters, members, 5, n_kept), (std::vector<CellIndex>{0, 2, 4, 6}));
  EXPECT_EQ(n_kept, 1);
}

TEST(MakeVectors, OfRealDonorsAreSparseAndOfTrainingDonorsAlone) {
  SCTAB_NEED_SHARED(source, "data/cells/kang_8donors_1287genes.h5ad");
  SCTAB_NEED_SHARED(ontology, "data/ontology/cl_2023-07-20.obo");
  const sctab::tests::TemporaryFolder folder;
  corpus::BuildOptions build;
  build.ontology = ontology;
  build.curation.min_cells = 1;
  build.curation.min_donors = 1;
  build.curation.min_ancestors = 0;
  build.curation.assume_primary = true;
  corpus::build({source}, folder / "store", build);
  const store::Store store = store::Store::open(folder / "store");
  const auto [vectors, facts] = make_vectors(store);
  EXPECT_GT(facts.n_types, 5);
  EXPECT_GT(facts.n_vectors, 20);
  EXPECT_LT(facts.share_not_zero, 0.5);
  const std::filesystem::path path = folder / "vectors.h5ad";
  write_vectors(path, vectors, to_json(facts));
  EXPECT_EQ(vectors_for(store, read_vectors(path), path).data, vectors.values.data);
  expect_differences(store, vectors);
}

}  // namespace
}  // namespace sctab::augment
