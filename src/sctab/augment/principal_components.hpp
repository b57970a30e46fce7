#pragma once

#include <cstdint>
#include <vector>

#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

/// Directions of most variance, of cells about their mean.
struct PrincipalComponents {
  std::int64_t n_genes = 0, n_components = 0;
  std::vector<float> axes;        // n_genes × n_components, columns orthonormal; of each the largest entry is positive
  std::vector<float> centre;      // the mean cell's coordinates
  std::vector<double> variances;  // of the cells along each axis, falling

  /// cells: (n × n_genes). Returns n × n_components.
  [[nodiscard]] std::vector<float> coordinates(sparse::CsrView cells) const;
};

/// By orthogonal iteration over the non-zeros. cells: (n × n_genes), at least 2. Memory: the cells once more, and 100
/// bytes a gene and cell.
PrincipalComponents principal_components(sparse::CsrView cells, std::int64_t n_components, std::uint64_t seed);

}  // namespace sctab::augment
