#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::simulate {

/// The expression of one kind of cell, laid out for drawing counts.
class CountProfile {
 public:
  /// share: each gene's fraction of the cell's counts, >= 0, summing to 1. dispersion: phi of each gene, >= 0; 0 is
  /// Poisson. Genes with a share of `direct_share` or more are drawn one by one, which affects only speed.
  CountProfile(std::span<const float> share, std::span<const float> dispersion, double direct_share = 1.5e-3);

 private:
  friend class CountSampler;
  struct DirectGene {
    std::uint32_t gene;
    double share, dispersion;
  };
  // Walker's alias table: a uniformly drawn slot gives its own gene below the threshold and the other one above it.
  struct Slot {
    std::uint32_t threshold, other;
  };
  void fill_slots(std::vector<double> mass);

  std::vector<DirectGene> direct_;
  std::vector<Slot> slots_;
  double share_of_slots_ = 0;
  std::vector<float> phi_share_;  // phi × share: times the library size, it is the x of CountSampler
};

/// Draws cells: gene g of a cell of expected size n has the negative binomial count of mean n × share and variance
/// mean + phi × mean². Genes are independent. The cost grows with n, not with the number of genes.
///
/// The few strong genes are drawn as Poisson counts of gamma means. For the many others: a negative binomial count is a
/// Poisson number of clusters whose sizes follow the logarithmic distribution. With x = phi × mean and q = x / (1 + x)
/// there are mean × log(1 + x) / x clusters, of size k with probability q^k / (k log(1 + x)). So draw Poisson(n × their
/// share) candidates, place each on a gene by its share (an alias table), and let it be a cluster of size k with
/// probability q^k / (k x), or nothing with the remaining probability. Most have size 1, with probability 1 / (1 + x).
class CountSampler {
 public:
  explicit CountSampler(sparse::GeneIndex n_genes);

  /// Adds the counts of a part of a cell, of expected size n >= 0.
  void add(const CountProfile& profile, double n, core::Rng& rng);
  /// Appends the counts added so far as one cell and starts the next.
  void finish_cell(sparse::CsrMatrix& cells);

 private:
  void count(std::uint32_t gene, std::uint32_t n) {
    counts_[gene] += n;
    touched_[gene / 64] |= std::uint64_t{1} << (gene % 64);
  }

  std::vector<std::uint32_t> counts_;
  std::vector<std::uint64_t> touched_;  // one bit per gene, so that a cell's genes come out sorted
};

}  // namespace sctab::simulate
