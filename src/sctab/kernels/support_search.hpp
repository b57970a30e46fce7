#pragma once

#include <limits>
#include <span>
#include <vector>

#include "sctab/kernels/simplex.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// Finds the support of one cell's mask while its scores pass by once, gene after gene, and are not kept. The threshold
/// over the scores seen so far is a lower bound of the one over all, so what lies under it can be forgotten.
class SupportSearch {
 public:
  /// used: genes, ascending, to which offers are deaf, since their scores differ from those of the scan.
  explicit SupportSearch(Simplex simplex, std::span<const sparse::GeneIndex> used = {})
      : simplex_(simplex), used_(used) {}

  /// Scores up to this one need not be offered.
  [[nodiscard]] float threshold() const { return threshold_; }

  /// Where to write genes and scores on offer, at least cpu::kVectorRoom of each; then offered() says how many they
  /// were. Genes ascend from offer to offer.
  struct Room {
    sparse::GeneIndex* genes;
    float* scores;
  };
  Room room();
  void offered(std::size_t n);

  /// The score of a used gene.
  void add(sparse::GeneIndex gene, float score);
  /// To be called once, at the end. A cell with a NaN or infinite score gets one gene with weight NaN: it must not
  /// pass.
  void solve();

  /// The support, ascending, and the weights on it.
  [[nodiscard]] std::span<const sparse::GeneIndex> genes() const { return std::span(genes_).first(size_); }
  [[nodiscard]] std::span<const float> weights() const { return std::span(scores_).first(size_); }
  /// simplex_condition() of them.
  [[nodiscard]] float condition() const { return condition_; }

 private:
  [[nodiscard]] std::size_t without_used(std::size_t n);
  void tighten();
  void keep_above(float limit);
  void sort_by_gene();

  Simplex simplex_;
  std::span<const sparse::GeneIndex> used_;
  std::size_t next_used_ = 0;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::size_t size_ = 0;
  std::size_t limit_ = 32;  // of the candidates, before the threshold is found again
  bool finite_ = true;
  float condition_ = 0;
  std::vector<sparse::GeneIndex> genes_;  // size_ candidates, and room
  std::vector<float> scores_;
};

}  // namespace sctab::kernels
