#include "lab/simulate/count_sampler.hpp"

#include <bit>
#include <cmath>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::simulate {
namespace {

// The size of a candidate's cluster, if above 1, or 0 for none, by search through the probabilities of the sizes.
// left: a uniform number minus `first`, the probability of size 1.
std::uint32_t larger_cluster(double x, double first, double left) {
  // log(1 + x) / x lies between 2 / (2 + x) and (6 + x) / (6 + 4 x), which mostly settle it.
  const double u = left + first;
  if (u * (6 + 4 * x) >= 6 + x || (u * (2 + x) >= 2 && u * x >= std::log1p(x))) return 0;
  const double q = x * first;
  double probability = first;
  for (std::uint32_t k = 2; k < 100'000; ++k) {
    probability *= q * (k - 1) / k;
    if (left < probability) return k;
    left -= probability;
  }
  return 0;  // reached only by rounding
}

std::uint32_t negative_binomial(double mean, double dispersion, core::Rng& rng) {
  if (dispersion > 0) mean *= dispersion * rng.gamma(1 / dispersion);
  return static_cast<std::uint32_t>(rng.poisson(mean));
}

}  // namespace

CountProfile::CountProfile(std::span<const float> share, std::span<const float> dispersion, double direct_share)
    : phi_share_(share.size()) {
  SCTAB_ASSERT(!share.empty() && share.size() < (1U << 24) && share.size() == dispersion.size());
  std::vector<double> mass(share.size());
  for (std::size_t gene = 0; gene < share.size(); ++gene) {
    const auto of_gene = static_cast<double>(share[gene]);
    if (of_gene >= direct_share) {
      direct_.push_back({static_cast<std::uint32_t>(gene), of_gene, static_cast<double>(dispersion[gene])});
    } else {
      mass[gene] = of_gene;
      share_of_slots_ += of_gene;
      phi_share_[gene] = dispersion[gene] * share[gene];
    }
  }
  const double scale = share_of_slots_ > 0 ? static_cast<double>(mass.size()) / share_of_slots_ : 0;
  for (double& of_gene : mass) of_gene *= scale;
  fill_slots(std::move(mass));
}

// Vose's construction: each slot with less than 1 is filled from one with more. mass: sums to its size.
void CountProfile::fill_slots(std::vector<double> mass) {
  std::vector<std::uint32_t> small, large;
  for (std::uint32_t gene = 0; gene < mass.size(); ++gene) {
    (mass[gene] < 1 ? small : large).push_back(gene);
    slots_.push_back({0, gene});
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t to = small.back(), from = large.back();
    small.pop_back();
    slots_[to] = {static_cast<std::uint32_t>(mass[to] * 0x1.0p32), from};
    mass[from] -= 1 - mass[to];
    if (mass[from] < 1) {
      large.pop_back();
      small.push_back(from);
    }
  }
}

CountSampler::CountSampler(sparse::GeneIndex n_genes)
    : counts_(static_cast<std::size_t>(n_genes)), touched_((static_cast<std::size_t>(n_genes) + 63) / 64) {}

void CountSampler::add(const CountProfile& profile, double n, core::Rng& rng) {
  SCTAB_ASSERT(profile.slots_.size() == counts_.size());
  for (const auto& [gene, share, dispersion] : profile.direct_) {
    if (const std::uint32_t drawn = negative_binomial(n * share, dispersion, rng); drawn > 0) count(gene, drawn);
  }
  const auto n_slots = static_cast<std::uint64_t>(profile.slots_.size());
  for (std::uint64_t candidates = rng.poisson(n * profile.share_of_slots_); candidates > 0; --candidates) {
    const std::uint64_t bits = rng();
    const std::uint64_t at = (bits >> 24) * n_slots;  // 40 bits of fraction: 32 against the threshold
    const auto slot = static_cast<std::uint32_t>(at >> 40);
    const CountProfile::Slot& entry = profile.slots_[slot];
    const std::uint32_t gene = static_cast<std::uint32_t>(at >> 8) < entry.threshold ? slot : entry.other;
    const double x = n * static_cast<double>(profile.phi_share_[gene]);
    const double first = 1 / (1 + x);
    const double left = static_cast<double>(bits & 0xFFFFFF) * 0x1.0p-24 - first;
    if (left < 0) {
      count(gene, 1);
    } else if (const std::uint32_t size = larger_cluster(x, first, left); size > 0) {
      count(gene, size);
    }
  }
}

void CountSampler::finish_cell(sparse::CsrMatrix& cells) {
  for (std::size_t word = 0; word < touched_.size(); ++word) {
    for (std::uint64_t bits = touched_[word]; bits != 0; bits &= bits - 1) {
      const std::size_t gene = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      cells.indices.push_back(static_cast<sparse::GeneIndex>(gene));
      cells.data.push_back(static_cast<float>(counts_[gene]));
      counts_[gene] = 0;
    }
    touched_[word] = 0;
  }
  cells.indptr.push_back(static_cast<std::int64_t>(cells.indices.size()));
  ++cells.n_cells;
}

}  // namespace sctab::simulate
