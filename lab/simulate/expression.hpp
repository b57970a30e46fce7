#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lab/simulate/count_sampler.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::simulate {

/// Mean expression of every type in every donor, as sums of effects on the log scale:
///   a gene's level + the effects of all ontology terms above the type + its study's + its donor's effect,
/// with sizes from measured.hpp. Relatives share terms, so they are similar. Every effect is a function of the seed and
/// its owner, so the only state is the types' profiles.
class ExpressionModel {
 public:
  /// types: terms of `ontology`. donor_effect: sd of the log expression of genes that vary between donors.
  ExpressionModel(const ontology::Ontology& ontology, std::span<const ontology::TermIndex> types,
                  sparse::GeneIndex n_genes, double donor_effect, std::uint64_t seed);

  [[nodiscard]] sparse::GeneIndex n_genes() const { return static_cast<sparse::GeneIndex>(level_.size()); }
  /// The number of genes that any of the type's terms moves.
  [[nodiscard]] sparse::GeneIndex n_moved(std::size_t type) const { return n_moved_[type]; }

  /// The log effect of each gene that all types of one donor share. donor: unique over all sources.
  [[nodiscard]] std::vector<float> donor_effects(std::uint64_t source, std::uint64_t donor) const;
  /// Each gene's fraction of a type's counts in that donor, summing to 1.
  [[nodiscard]] std::vector<float> shares(std::size_t type, std::uint64_t donor,
                                          std::span<const float> donor_effects) const;
  /// Dispersion of each gene at these shares, from the measured curve.
  [[nodiscard]] std::vector<float> dispersions(std::span<const float> shares) const;

 private:
  void add_term(std::string_view id, std::span<float> log_mean, std::vector<bool>& moved) const;

  core::Rng rng_;
  double donor_effect_;
  std::vector<float> level_;                // log counts per 10,000 of each gene without effects
  std::vector<float> dispersion_factor_;    // by gene, relative to the curve
  std::vector<std::uint32_t> donor_genes_;  // those that vary between donors
  std::vector<std::vector<float>> types_;   // log counts per 10,000, type × gene
  std::vector<sparse::GeneIndex> n_moved_;
};

}  // namespace sctab::simulate
