#include "sctab/augment/make_vectors.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>

#include "sctab/augment/cell_sample.hpp"
#include "sctab/augment/donor_differences.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/require.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/linalg/k_means.hpp"

namespace sctab::augment {
namespace {

using core::format_count;
using store::Field;
using store::Store;

constexpr std::int64_t kPaperDifferences = std::int64_t{300} * 164;
constexpr std::int64_t kDifferencesPerCluster = 40;
constexpr std::int64_t kMostAskedFor =
    1'000'000'000;  // for every count: more than any corpus has, and no product overflows

/// Steps 1 to 3 as far as obs tells.
DonorPairs plan_pairs(const Store& store, const VectorOptions& options, VectorFacts& facts) {
  const core::Rng rng(options.seed);
  const std::vector<std::int32_t> donors = known_donors(store);
  const std::vector<core::TypeIndex> types = store.codes(store::Split::kTrain, Field::kCellType);
  std::vector<core::TypeIndex> eligible = types;
  for (std::size_t cell = 0; cell < donors.size(); ++cell) {
    if (donors[cell] < 0) eligible[cell] = -1;
  }
  facts.cells_without_donor = std::ranges::count(donors, -1);
  const std::vector<CellIndex> cells = sample_evenly(eligible, options.n_cells, rng.child("augmentation cells"));
  facts.n_cells = std::ssize(cells);
  DonorPairs pairs = choose_donor_pairs(types, donors, cells, options.pairs_per_type, rng.child("augmentation pairs"));
  for (const core::TypeIndex type : pairs.types_left_out) {
    facts.types_left_out.push_back(store.tables().cell_types[static_cast<std::size_t>(type)].label);
  }
  facts.n_differences = std::ssize(pairs.pairs);
  for (std::size_t i = 0; i < pairs.groups.size(); ++i) {
    if (i == 0 || pairs.groups[i - 1].cell_type != pairs.groups[i].cell_type) ++facts.n_types;
  }
  if (pairs.pairs.empty()) {
    throw core::InputError({.file = store.directory().string(),
                            .found = "no cell type has training cells from two donors",
                            .expected = "at least one, because augmentation vectors are differences between donors",
                            .next_step = "build the store from more donors (obs column donor_id), or train without "
                                         "--augment"});
  }
  return pairs;
}

/// Those rows of a matrix, in the order given.
sparse::CsrMatrix take_rows(const sparse::CsrMatrix& from, std::span<const CellIndex> rows) {
  sparse::CsrMatrix taken;
  taken.clear(from.n_genes);
  for (const CellIndex row : rows) taken.append_row(from.row(row).indices, from.row(row).data);
  return taken;
}

/// Step 5 and 6: positions of the differences that become vectors, ascending.
std::vector<CellIndex> select(const sparse::CsrMatrix& differences, const VectorOptions& options,
                              linalg::KMeansResult& clusters, VectorFacts& facts) {
  clusters = linalg::k_means(differences.view(), {.n_clusters = std::clamp(differences.n_cells / kDifferencesPerCluster,
                                                                           std::int64_t{1}, options.n_clusters),
                                                  .seed = options.seed});
  facts.n_clusters = clusters.n_clusters;
  facts.iterations = std::ssize(clusters.squared_distances);
  facts.least_members = least_members(differences.n_cells, options.cluster_members);
  std::vector<CellIndex> kept =
      in_large_clusters(clusters.cluster_of_row, clusters.members, facts.least_members, facts.clusters_kept);
  facts.differences_kept = std::ssize(kept);
  core::Rng rng = core::Rng(options.seed).child("augmentation vectors");
  rng.shuffle(std::span(kept));
  if (std::ssize(kept) > options.n_vectors) kept.resize(static_cast<std::size_t>(options.n_vectors));
  std::ranges::sort(kept);
  return kept;
}

VectorOrigin origin_of(const Store& store, const DonorPairs& pairs, CellIndex difference, std::int32_t cluster) {
  const DonorPair pair = pairs.pairs[static_cast<std::size_t>(difference)];
  const DonorGroup& group = pairs.groups[static_cast<std::size_t>(pair.group)];
  const DonorGroup& other = pairs.groups[static_cast<std::size_t>(pair.other)];
  const store::CellTypeEntry& type = store.tables().cell_types[static_cast<std::size_t>(group.cell_type)];
  const std::vector<std::string>& names = store.tables().column(Field::kDonor);
  return {type.label, type.id, names[static_cast<std::size_t>(group.donor)],
          names[static_cast<std::size_t>(other.donor)], cluster};
}

}  // namespace

void VectorOptions::validate() const {
  using core::require;
  const auto require_count = [](std::int64_t found, std::string_view field, std::int64_t least) {
    require(found >= least && found <= kMostAskedFor, field, found, fmt::format("{} to {}", least, kMostAskedFor));
  };
  require_count(n_cells, "cells to sample", 2);
  require_count(pairs_per_type, "pairs of donors per type", 1);
  require_count(n_clusters, "clusters", 1);
  require_count(cluster_members, "members of a cluster", 0);
  require_count(n_vectors, "vectors", 1);
  require(memory_bytes > 0, "memory", memory_bytes, "more than 0 bytes");
  require(threads >= 0, "threads", threads, "0 (all) or more");
}

nlohmann::json to_json(const VectorFacts& facts) {
  return {{"cells_sampled", facts.n_cells},
          {"cells_without_donor", facts.cells_without_donor},
          {"types", facts.n_types},
          {"types_left_out", facts.types_left_out},
          {"differences", facts.n_differences},
          {"clusters", facts.n_clusters},
          {"clusters_kept", facts.clusters_kept},
          {"least_members", facts.least_members},
          {"iterations", facts.iterations},
          {"differences_kept", facts.differences_kept},
          {"vectors", facts.n_vectors},
          {"share_not_zero", facts.share_not_zero}};
}

nlohmann::json provenance(const store::Store& store, const VectorOptions& options, const VectorFacts& facts) {
  nlohmann::json json = to_json(facts);
  json["sctab_version"] = SCTAB_VERSION;
  json["store"] = store.directory().filename().string();
  json["store_hash"] = store.hash();
  json["seed"] = options.seed;
  json["options"] = {{"cells", options.n_cells},
                     {"pairs_per_type", options.pairs_per_type},
                     {"clusters", options.n_clusters},
                     {"cluster_members", options.cluster_members},
                     {"vectors", options.n_vectors}};
  return json;
}

std::int64_t least_members(std::int64_t n_differences, std::int64_t cluster_members) {
  return cluster_members * std::min(n_differences, kPaperDifferences) / kPaperDifferences + 1;
}

std::vector<CellIndex> in_large_clusters(std::span<const std::int32_t> cluster_of_row,
                                         std::span<const std::int64_t> members, std::int64_t least,
                                         std::int64_t& n_kept) {
  const auto n_rows = std::ssize(cluster_of_row), n_clusters = std::ssize(members);
  const std::int64_t average = (n_rows + n_clusters - 1) / n_clusters;
  const std::int64_t wanted = std::min(least, std::ranges::max(members) < least ? average : least);
  n_kept = std::ranges::count_if(members, [wanted](std::int64_t n) { return n >= wanted; });
  std::vector<CellIndex> rows;
  for (std::size_t i = 0; i < cluster_of_row.size(); ++i) {
    if (members[static_cast<std::size_t>(cluster_of_row[i])] >= wanted) rows.push_back(static_cast<CellIndex>(i));
  }
  return rows;
}

MadeVectors make_vectors(const Store& store, const VectorOptions& options) {
  options.validate();
  kernels::set_threads(options.threads);
  MadeVectors made;
  const DonorPairs pairs = plan_pairs(store, options, made.facts);
  const sparse::CsrMatrix differences =
      donor_differences(store, pairs, {.memory_bytes = options.memory_bytes, .threads = options.threads});
  spdlog::info("{} differences between donors of {} types; k-means", format_count(differences.n_cells),
               format_count(made.facts.n_types));
  linalg::KMeansResult clusters;
  const std::vector<CellIndex> chosen = select(differences, options, clusters, made.facts);
  made.vectors.values = take_rows(differences, chosen);
  made.vectors.genes = store.genes();
  for (const CellIndex i : chosen) {
    made.vectors.origins.push_back(origin_of(store, pairs, i, clusters.cluster_of_row[static_cast<std::size_t>(i)]));
  }
  made.facts.n_vectors = std::ssize(chosen);
  made.facts.share_not_zero =
      static_cast<double>(made.vectors.values.nnz()) / static_cast<double>(made.facts.n_vectors * store.genes().size());
  return made;
}

}  // namespace sctab::augment
