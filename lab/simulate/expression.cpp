#include "lab/simulate/expression.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lab/simulate/measured.hpp"

namespace sctab::simulate {
namespace {

// Genes above this share of 10,000 do not occur: effects that add up on one gene stop here.
const double kHighestLog = measured::kLogMeanQuantiles.back().y;

// Log counts per 10,000 that a fraction `quantile` of the genes is below, without effects.
double level_at(double quantile) {
  const double median = measured::interpolate(measured::kLogMeanQuantiles, 0.5);
  return median + measured::kLevelSpread * (measured::interpolate(measured::kLogMeanQuantiles, quantile) - median);
}

}  // namespace

ExpressionModel::ExpressionModel(const ontology::Ontology& ontology, std::span<const ontology::TermIndex> types,
                                 sparse::GeneIndex n_genes, double donor_effect, std::uint64_t seed)
    : rng_(core::Rng(seed).child("expression")), donor_effect_(donor_effect) {
  const auto n = static_cast<std::size_t>(n_genes);
  core::Rng rng = rng_.child("genes");
  std::vector<std::uint32_t> rank(n);
  std::iota(rank.begin(), rank.end(), 0U);
  rng.shuffle(std::span(rank));
  for (std::size_t gene = 0; gene < n; ++gene) {
    level_.push_back(static_cast<float>(level_at((rank[gene] + 0.5) / static_cast<double>(n))));
    constexpr double kSpread = measured::kDispersionSpread;
    dispersion_factor_.push_back(static_cast<float>(std::exp(kSpread * rng.normal() - kSpread * kSpread / 2)));
    if (rng.uniform() < measured::kGenesVaryingByDonor) donor_genes_.push_back(static_cast<std::uint32_t>(gene));
  }
  const auto native = ontology.find(ontology::kNativeCell);
  for (const ontology::TermIndex type : types) {
    std::vector<float> log_mean = level_;
    std::vector<bool> moved(n, false);
    std::vector<ontology::TermIndex> terms = ontology.ancestors(type);
    terms.push_back(type);
    for (const ontology::TermIndex term : terms) {
      if (native && ontology.is_a(*native, term)) continue;  // above all types: does not distinguish them
      add_term(ontology.term(term).id, log_mean, moved);
    }
    types_.push_back(std::move(log_mean));
    n_moved_.push_back(static_cast<sparse::GeneIndex>(std::count(moved.begin(), moved.end(), true)));
  }
}

void ExpressionModel::add_term(std::string_view id, std::span<float> log_mean, std::vector<bool>& moved) const {
  core::Rng rng = rng_.child(id);
  for (std::size_t gene = 0; gene < log_mean.size(); ++gene) {
    if (rng.uniform() >= measured::kGenesMovedByTerm) continue;
    log_mean[gene] += static_cast<float>(measured::kEffectSdOfTerm * rng.normal());
    moved[gene] = true;
  }
}

std::vector<float> ExpressionModel::donor_effects(std::uint64_t source, std::uint64_t donor) const {
  core::Rng of_study = rng_.child("study", source);
  std::vector<float> effects(level_.size());
  for (float& effect : effects) effect = static_cast<float>(measured::kEffectSdOfStudy * of_study.normal());
  core::Rng of_donor = rng_.child("donor", donor);
  const double sd = donor_effect_ * std::sqrt(measured::kDonorVarianceShared);
  for (const std::uint32_t gene : donor_genes_) effects[gene] += static_cast<float>(sd * of_donor.normal());
  return effects;
}

std::vector<float> ExpressionModel::shares(std::size_t type, std::uint64_t donor,
                                           std::span<const float> donor_effects) const {
  std::vector<float> shares = types_[type];
  core::Rng rng = rng_.child("type in donor", donor).child("type", type);
  const double sd = donor_effect_ * std::sqrt(1 - measured::kDonorVarianceShared);
  for (const std::uint32_t gene : donor_genes_) shares[gene] += static_cast<float>(sd * rng.normal());
  double sum = 0;
  for (std::size_t gene = 0; gene < shares.size(); ++gene) {
    shares[gene] = std::exp(std::min(shares[gene] + donor_effects[gene], static_cast<float>(kHighestLog)));
    sum += static_cast<double>(shares[gene]);
  }
  for (float& share : shares) share = static_cast<float>(static_cast<double>(share) / sum);
  return shares;
}

std::vector<float> ExpressionModel::dispersions(std::span<const float> shares) const {
  std::vector<float> phi(shares.size());
  for (std::size_t gene = 0; gene < shares.size(); ++gene) {
    const double log_mean = std::log(1e4 * static_cast<double>(shares[gene]) + 1e-30);
    phi[gene] = dispersion_factor_[gene] * static_cast<float>(measured::interpolate(measured::kDispersion, log_mean));
  }
  return phi;
}

}  // namespace sctab::simulate
