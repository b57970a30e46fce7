#pragma once

#include <span>
#include <vector>

#include "sctab/linalg/pca.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::model {

/// Cells that each type was trained on, one number a type, as a model keeps them: types without are never predicted.
using CellsPerType = std::vector<float>;

/// Probabilities of n cells from n × n_types scores: the softmax of each row over the types that were trained on.
std::vector<float> softmax(std::span<const float> scores, const CellsPerType& cells_per_type);

/// The same from one-vs-rest scores: sigmoids, scaled to sum to 1. The type with the largest score keeps the largest
/// probability also where sigmoids of several types round to 1.
std::vector<float> scaled_sigmoids(std::span<const float> scores, const CellsPerType& cells_per_type);

/// Cells as CellTypist's classifier sees them: each gene times its factor (0: not used), at most 10. log_norm: (n ×
/// n_genes). out: overwritten.
void scale_cells(sparse::CsrView log_norm, std::span<const float> factor, sparse::CsrMatrix& out);

/// Components as pca+linear sees them: divided by the standard deviation of the first, so that one learning rate suits
/// every corpus.
void scale_components(const linalg::Pca& pca, std::span<float> components);

/// components · weightᵀ + bias. components: n × depth; weight: n_types × depth.
std::vector<float> logits(std::span<const float> components, std::span<const float> weight,
                          std::span<const float> bias);

}  // namespace sctab::model
