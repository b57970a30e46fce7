#include "sctab/augment/donor_differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/store/loader.hpp"

namespace sctab::augment {
namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;

// Pairs of n donors, the lower position first.
std::vector<Pair> choose_pairs(std::int64_t n, std::int64_t most, core::Rng& rng) {
  std::vector<Pair> pairs;
  if (n * (n - 1) / 2 <= most) {
    for (std::int64_t first = 0; first < n; ++first) {
      for (std::int64_t second = first + 1; second < n; ++second) pairs.emplace_back(first, second);
    }
    return pairs;
  }
  std::set<Pair> chosen;
  while (std::ssize(chosen) < most) {
    const auto first = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
    const auto second = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
    if (first != second) chosen.insert(std::minmax(first, second));
  }
  return {chosen.begin(), chosen.end()};
}

using DonorsOfType = std::map<TypeIndex, std::map<std::int32_t, std::int32_t>>;  // to positions in groups

// Adds the pairs of a type and the groups that they need, whose positions it sets; all other donors stay at -1.
void add_type(TypeIndex type, std::map<std::int32_t, std::int32_t>& donors, std::int64_t most, core::Rng rng,
              DonorPairs& all) {
  std::vector<std::int32_t> codes;
  for (const auto& [donor, position] : donors) codes.push_back(donor);
  const std::vector<Pair> pairs = choose_pairs(std::ssize(codes), most, rng);
  std::set<std::int64_t> needed;
  for (const auto& [first, second] : pairs) {
    needed.insert(first);
    needed.insert(second);
  }
  for (const std::int64_t i : needed) {
    const std::int32_t donor = codes[static_cast<std::size_t>(i)];
    donors[donor] = core::narrow<std::int32_t>(std::ssize(all.groups));
    all.groups.push_back({type, donor});
  }
  for (const auto& [first, second] : pairs) {
    DonorPair pair{donors.at(codes[static_cast<std::size_t>(first)]),
                   donors.at(codes[static_cast<std::size_t>(second)])};
    if (rng.below(2) == 1) std::swap(pair.group, pair.other);
    all.pairs.push_back(pair);
  }
}

using core::GeneIndex;

/// The sums of groups [first, last).
class GroupSums {
 public:
  GroupSums(std::int32_t first, std::int32_t last, GeneIndex n_genes)
      : first_(first),
        last_(last),
        n_genes_(n_genes),
        sums_(static_cast<std::size_t>(last - first) * static_cast<std::size_t>(n_genes), 0.0),
        n_cells_(static_cast<std::size_t>(last - first), 0) {}

  void add(sparse::RowView cell, std::int32_t group) {
    if (group < first_ || group >= last_) return;
    double* const sums = sums_.data() + offset(group);
    for (std::size_t i = 0; i < cell.indices.size(); ++i) {
      sums[cell.indices[i]] += static_cast<double>(cell.data[i]);
    }
    ++n_cells_[static_cast<std::size_t>(group - first_)];
  }

  void append_difference(DonorPair pair, sparse::CsrMatrix& out) const {
    const double* const sums = sums_.data() + offset(pair.group);
    const double* const others = sums_.data() + offset(pair.other);
    const double share = 1 / n_cells(pair.group), other_share = 1 / n_cells(pair.other);
    for (GeneIndex gene = 0; gene < n_genes_; ++gene) {
      const double difference = sums[gene] * share - others[gene] * other_share;
      if (std::abs(difference) <= kSmallestDifference) continue;
      out.indices.push_back(gene);
      out.data.push_back(static_cast<float>(std::clamp(difference, -kLargestDifference, kLargestDifference)));
    }
    out.indptr.push_back(std::ssize(out.indices));
    ++out.n_cells;
  }

 private:
  [[nodiscard]] std::size_t offset(std::int32_t group) const {
    return static_cast<std::size_t>(group - first_) * static_cast<std::size_t>(n_genes_);
  }
  [[nodiscard]] double n_cells(std::int32_t group) const {
    const std::int64_t n = n_cells_[static_cast<std::size_t>(group - first_)];
    SCTAB_ASSERT(n > 0);
    return static_cast<double>(n);
  }

  std::int32_t first_, last_;
  GeneIndex n_genes_;
  std::vector<double> sums_;  // groups × genes
  std::vector<std::int64_t> n_cells_;
};

// Where each reading of the store begins among the groups, and the end: types are not cut.
std::vector<std::int32_t> readings(const std::vector<DonorGroup>& groups, std::int64_t most_groups) {
  std::vector<std::int32_t> begins{0};
  const auto n = core::narrow<std::int32_t>(groups.size());
  for (std::int32_t begin = 0; begin < n;) {
    std::int32_t end = begin;
    while (end < n &&
           groups[static_cast<std::size_t>(begin)].cell_type == groups[static_cast<std::size_t>(end)].cell_type) {
      ++end;
    }
    if (end - begins.back() > most_groups && begin > begins.back()) begins.push_back(begin);
    begin = end;
  }
  if (n > 0) begins.push_back(n);
  return begins;
}

}  // namespace

DonorPairs choose_donor_pairs(std::span<const TypeIndex> types, std::span<const std::int32_t> donors,
                              std::span<const CellIndex> cells, std::int64_t most_per_type, const core::Rng& rng) {
  SCTAB_ASSERT(types.size() == donors.size());
  DonorsOfType donors_of_type;
  for (const CellIndex cell : cells) {
    const auto at = static_cast<std::size_t>(cell);
    SCTAB_ASSERT(types[at] >= 0 && donors[at] >= 0);
    donors_of_type[types[at]].emplace(donors[at], -1);
  }
  DonorPairs all;
  for (auto& [type, of_type] : donors_of_type) {
    if (of_type.size() < 2) all.types_left_out.push_back(type);
    add_type(type, of_type, most_per_type, rng.child("type", static_cast<std::uint64_t>(type)), all);
  }
  all.group_of_cell.assign(types.size(), -1);
  for (const CellIndex cell : cells) {
    const auto at = static_cast<std::size_t>(cell);
    all.group_of_cell[at] = donors_of_type.at(types[at]).at(donors[at]);
  }
  return all;
}

sparse::CsrMatrix donor_differences(const store::Store& store, const DonorPairs& pairs,
                                    const DifferenceOptions& options) {
  constexpr auto kSplit = store::Split::kTrain;
  SCTAB_ASSERT(std::ssize(pairs.group_of_cell) == store.n_cells(kSplit));
  const GeneIndex n_genes = store.genes().size();
  const std::int64_t bytes_per_group = static_cast<std::int64_t>(sizeof(double)) * n_genes;
  const std::vector<std::int32_t> begins = readings(pairs.groups, options.memory_bytes / bytes_per_group);
  store::Loader loader(store, kSplit, {.shuffle = false, .threads = options.threads});
  sparse::CsrMatrix differences;
  differences.clear(n_genes);
  auto pair = pairs.pairs.begin();
  for (std::size_t reading = 0; reading + 1 < begins.size(); ++reading) {
    core::Progress progress(fmt::format("means of donors, {} of {}", reading + 1, begins.size() - 1),
                            store.n_cells(kSplit));
    GroupSums sums(begins[reading], begins[reading + 1], n_genes);
    loader.start(0);
    for (store::Batch batch; loader.next(batch);) {
      for (CellIndex i = 0; i < batch.x.n_cells; ++i) {
        const CellIndex cell = batch.rows[static_cast<std::size_t>(i)];
        sums.add(batch.x.row(i), pairs.group_of_cell[static_cast<std::size_t>(cell)]);
      }
      progress.advance(batch.x.n_cells);
    }
    progress.finish();
    for (; pair != pairs.pairs.end() && pair->group < begins[reading + 1]; ++pair) {
      core::check_interrupt();
      sums.append_difference(*pair, differences);
    }
  }
  SCTAB_ASSERT(pair == pairs.pairs.end());
  return differences;
}

}  // namespace sctab::augment
