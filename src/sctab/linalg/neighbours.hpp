#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/core/index.hpp"

namespace sctab::linalg {

/// The nearest reference rows of each query row.
struct Neighbours {
  std::int64_t k = 0;                   // min(k asked for, number of reference rows)
  std::vector<core::CellIndex> index;   // n_queries × k: reference rows, nearest first
  std::vector<float> squared_distance;  // n_queries × k, ascending
};

/// Exact k nearest neighbours in a dense reference, by squared Euclidean distance. Of rows of length 1 that is
/// 2 − 2 · cosine.
///
/// Distances decide as computed in double; equal ones go to the lower index. So the result depends on the rows only:
/// not on the number of threads, the batches of queries or the vector unit. Time: n_queries × n_reference × width float
/// products.
class NeighbourSearch {
 public:
  /// reference: n_reference × width, row-major, kept by the caller. Memory: 4 bytes per row. Throws InputError naming
  /// the row where a value is not finite.
  NeighbourSearch(std::span<const float> reference, std::int64_t width);

  /// queries: n_queries × width. k: at least 1. Memory: the result, and about 1 MB plus 2 kB × k per thread. Throws
  /// InputError naming the row where a value is not finite.
  [[nodiscard]] Neighbours find(std::span<const float> queries, std::int64_t k) const;
  [[nodiscard]] std::int64_t n_reference() const { return std::ssize(offsets_); }

 private:
  std::span<const float> reference_;
  std::int64_t width_;
  std::vector<float> offsets_;  // squared lengths of the reference rows, less the error of a float product
};

}  // namespace sctab::linalg
