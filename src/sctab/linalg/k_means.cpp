#include "sctab/linalg/k_means.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/require.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/kernels/csr_projection.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::linalg {
namespace {

using core::CellIndex;

constexpr std::int64_t kCellsPerTask = 256;

double dot(sparse::RowView row, const std::vector<double>& dense) {
  double sum = 0;
  for (std::size_t i = 0; i < row.indices.size(); ++i) {
    sum += static_cast<double>(row.data[i]) * dense[static_cast<std::size_t>(row.indices[i])];
  }
  return sum;
}

double squared_norm(sparse::RowView row) {
  return std::accumulate(row.data.begin(), row.data.end(), 0.0, [](double sum, float value) {
    return sum + static_cast<double>(value) * static_cast<double>(value);
  });
}

class KMeans {
 public:
  KMeans(sparse::CsrView rows, const KMeansOptions& options);
  KMeansResult run();

 private:
  std::vector<CellIndex> first_centres() const;
  void lower_to(CellIndex centre, std::vector<double>& distances) const;
  void start();
  /// Gives every row to its nearest centre, and returns the sum of squared distances.
  double assign();
  void fill_empty_clusters();
  /// Puts each centre to the mean of its rows.
  void update();
  [[nodiscard]] std::size_t n() const { return static_cast<std::size_t>(rows_.n_cells); }

  sparse::CsrView rows_;
  KMeansOptions options_;
  std::vector<double> norms_;  // squared, of rows
  std::size_t n_clusters_ = 0;
  std::vector<float> centres_;  // genes × clusters
  std::vector<double> centre_norms_;
  std::vector<float> products_;    // rows × clusters
  std::vector<double> distances_;  // squared, of rows to their centres
  std::vector<std::int32_t> cluster_of_row_;
};

KMeans::KMeans(sparse::CsrView rows, const KMeansOptions& options)
    : rows_(rows), options_(options), norms_(n()), distances_(n()), cluster_of_row_(n(), 0) {
  kernels::parallel_blocks(rows_.n_cells, kCellsPerTask, [&](CellIndex first, CellIndex last) {
    for (CellIndex i = first; i < last; ++i) norms_[static_cast<std::size_t>(i)] = squared_norm(rows_.row(i));
  });
}

void KMeans::lower_to(CellIndex centre, std::vector<double>& distances) const {
  std::vector<double> dense(static_cast<std::size_t>(rows_.n_genes), 0.0);
  const sparse::RowView row = rows_.row(centre);
  for (std::size_t i = 0; i < row.indices.size(); ++i) {
    dense[static_cast<std::size_t>(row.indices[i])] = static_cast<double>(row.data[i]);
  }
  const double norm = norms_[static_cast<std::size_t>(centre)];
  kernels::parallel_blocks(rows_.n_cells, kCellsPerTask, [&](CellIndex first, CellIndex last) {
    for (CellIndex i = first; i < last; ++i) {
      double& distance = distances[static_cast<std::size_t>(i)];
      distance = std::min(distance, norms_[static_cast<std::size_t>(i)] + norm - 2 * dot(rows_.row(i), dense));
    }
  });
}

// k-means++: each further centre is a row drawn with a probability that grows with its squared distance to those
// before.
std::vector<CellIndex> KMeans::first_centres() const {
  constexpr double kSame = 1e-12;  // of its norm: what rounding leaves of the distance to an equal row
  core::Rng rng = core::Rng(options_.seed).child("k-means++");
  std::vector<double> distances(n(), std::numeric_limits<double>::infinity());
  std::vector<CellIndex> centres{static_cast<CellIndex>(rng.below(static_cast<std::uint64_t>(rows_.n_cells)))};
  while (std::cmp_less(centres.size(), options_.n_clusters)) {
    core::check_interrupt();
    lower_to(centres.back(), distances);
    for (std::size_t i = 0; i < n(); ++i) {
      if (distances[i] <= kSame * norms_[i]) distances[i] = 0;
    }
    const double total = std::accumulate(distances.begin(), distances.end(), 0.0);
    if (!(total > 0)) break;
    double left = rng.uniform() * total;
    CellIndex chosen = -1;
    for (std::size_t i = 0; i < n() && left >= 0; ++i) {
      if (distances[i] == 0) continue;
      chosen = static_cast<CellIndex>(i);
      left -= distances[i];
    }
    centres.push_back(chosen);
  }
  return centres;
}

void KMeans::start() {
  const std::vector<CellIndex> rows = first_centres();
  n_clusters_ = rows.size();
  centres_.assign(static_cast<std::size_t>(rows_.n_genes) * n_clusters_, 0.0F);
  products_.resize(n() * n_clusters_);
  for (std::size_t cluster = 0; cluster < n_clusters_; ++cluster) {
    const sparse::RowView row = rows_.row(rows[cluster]);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      centres_[static_cast<std::size_t>(row.indices[i]) * n_clusters_ + cluster] = row.data[i];
    }
    centre_norms_.push_back(norms_[static_cast<std::size_t>(rows[cluster])]);
  }
}

double KMeans::assign() {
  kernels::csr_projection(rows_, centres_, static_cast<std::int64_t>(n_clusters_), products_);
  kernels::parallel_blocks(rows_.n_cells, kCellsPerTask, [&](CellIndex first, CellIndex last) {
    for (auto i = static_cast<std::size_t>(first); std::cmp_less(i, last); ++i) {
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t cluster = 0; cluster < n_clusters_; ++cluster) {
        const double product = static_cast<double>(products_[i * n_clusters_ + cluster]);
        const double distance = std::max(0.0, norms_[i] + centre_norms_[cluster] - 2 * product);
        if (!(distance < nearest)) continue;
        nearest = distance;
        cluster_of_row_[i] = static_cast<std::int32_t>(cluster);
      }
      distances_[i] = nearest;
    }
  });
  return std::accumulate(distances_.begin(), distances_.end(), 0.0);
}

void KMeans::fill_empty_clusters() {
  std::vector<std::int64_t> members(n_clusters_, 0);
  for (const std::int32_t cluster : cluster_of_row_) ++members[static_cast<std::size_t>(cluster)];
  for (std::size_t cluster = 0; cluster < n_clusters_; ++cluster) {
    if (members[cluster] > 0) continue;
    const auto can_leave = [&](std::size_t i) { return members[static_cast<std::size_t>(cluster_of_row_[i])] > 1; };
    std::size_t farthest = n();
    for (std::size_t i = 0; i < n(); ++i) {
      if (can_leave(i) && (farthest == n() || distances_[i] > distances_[farthest])) farthest = i;
    }
    SCTAB_ASSERT(farthest < n());  // there are at least as many rows as clusters
    --members[static_cast<std::size_t>(cluster_of_row_[farthest])];
    ++members[cluster];
    cluster_of_row_[farthest] = static_cast<std::int32_t>(cluster);
    distances_[farthest] = 0;
  }
}

void KMeans::update() {
  std::vector<std::vector<CellIndex>> rows_of_cluster(n_clusters_);
  for (std::size_t i = 0; i < n(); ++i) {
    rows_of_cluster[static_cast<std::size_t>(cluster_of_row_[i])].push_back(static_cast<CellIndex>(i));
  }
  kernels::parallel_for(std::ssize(rows_of_cluster), [&](std::int64_t task) {
    const auto cluster = static_cast<std::size_t>(task);
    std::vector<double> sums(static_cast<std::size_t>(rows_.n_genes), 0.0);
    for (const CellIndex i : rows_of_cluster[cluster]) {
      const sparse::RowView row = rows_.row(i);
      for (std::size_t at = 0; at < row.indices.size(); ++at) {
        sums[static_cast<std::size_t>(row.indices[at])] += static_cast<double>(row.data[at]);
      }
    }
    const auto size = static_cast<double>(rows_of_cluster[cluster].size());
    double norm = 0;
    for (std::size_t gene = 0; gene < sums.size(); ++gene) {
      const auto mean = static_cast<float>(sums[gene] / size);
      centres_[gene * n_clusters_ + cluster] = mean;
      norm += static_cast<double>(mean) * static_cast<double>(mean);
    }
    centre_norms_[cluster] = norm;
  });
}

KMeansResult KMeans::run() {
  start();
  KMeansResult result;
  std::vector<std::int32_t> before;
  for (std::int64_t iteration = 0; iteration < options_.max_iterations; ++iteration) {
    core::check_interrupt();
    const double sum = assign();
    fill_empty_clusters();
    const bool settled =
        cluster_of_row_ == before ||
        (!result.squared_distances.empty() && sum > (1 - options_.tolerance) * result.squared_distances.back());
    result.squared_distances.push_back(sum);
    if (settled) break;
    before = cluster_of_row_;
    update();
  }
  result.n_clusters = static_cast<std::int64_t>(n_clusters_);
  result.members.assign(n_clusters_, 0);
  for (const std::int32_t cluster : cluster_of_row_) ++result.members[static_cast<std::size_t>(cluster)];
  result.cluster_of_row = std::move(cluster_of_row_);
  return result;
}

}  // namespace

void KMeansOptions::validate() const {
  using core::require;
  require(n_clusters >= 1, "clusters", n_clusters, "at least 1");
  require(max_iterations >= 1, "iterations of k-means", max_iterations, "at least 1");
  require(tolerance >= 0 && tolerance < 1, "tolerance of k-means", tolerance, "a number from 0 to below 1");
}

KMeansResult k_means(sparse::CsrView rows, const KMeansOptions& options) {
  options.validate();
  SCTAB_ASSERT(rows.n_cells >= 1);
  return KMeans(rows, options).run();
}

}  // namespace sctab::linalg
