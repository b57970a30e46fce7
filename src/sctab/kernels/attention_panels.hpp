#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/kernels/aligned_array.hpp"

namespace sctab::kernels {

enum class Precision { kFloat, kHalf };

/// Attention weights in the order in which attention_mask() reads them: panels of kGenes genes, within one
/// n_a × kGenes, zero beyond the last gene. Where weights stay as they are from batch to batch, make this once; at half
/// precision (see HalfMatrix) it takes half the memory, and scores err by up to 2^-11 of their terms.
class AttentionPanels {
 public:
  /// A multiple of what any processor's vectors hold; 64 activations deep, a panel is 24 kB and stays in the
  /// first-level cache.
  static constexpr std::int64_t kGenes = 96;

  /// weights: n_genes × n_a.
  AttentionPanels(std::span<const float> weights, std::int64_t n_a, Precision precision);

  [[nodiscard]] std::int64_t n_genes() const { return n_genes_; }
  [[nodiscard]] std::int64_t n_a() const { return n_a_; }
  [[nodiscard]] std::int64_t n_panels() const { return (n_genes_ + kGenes - 1) / kGenes; }
  /// The panels, of one kind or the other; the other is null.
  [[nodiscard]] const float* floats() const { return floats_.data(); }
  [[nodiscard]] const std::uint16_t* halves() const { return halves_.data(); }
  /// What halves are multiplied with, one a gene; empty of floats.
  [[nodiscard]] std::span<const float> gene_scale() const { return gene_scale_; }

 private:
  std::int64_t n_genes_, n_a_;
  AlignedArray<float> floats_;
  AlignedArray<std::uint16_t> halves_;
  std::vector<float> gene_scale_;
};

}  // namespace sctab::kernels
