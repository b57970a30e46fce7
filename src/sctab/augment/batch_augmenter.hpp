#pragma once

#include <cstdint>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

/// Adds to each cell of a batch, or subtracts with equal probability, a vector drawn for it, and clamps to [0, 9].
class BatchAugmenter {
 public:
  /// vectors: (n_vectors × n_genes), at least one; must outlive this.
  BatchAugmenter(sparse::CsrView vectors, std::uint64_t seed);

  /// log_norm: (n_cells × n_genes). Depends on the vectors, seed, epoch and batch only, so a run can resume anywhere.
  /// The result is valid until the next call.
  sparse::CsrView augment(sparse::CsrView log_norm, std::int64_t epoch, std::int64_t batch);

 private:
  sparse::CsrView vectors_;
  sparse::CsrMatrix augmented_;
  core::Rng rng_;
  std::vector<std::int64_t> vector_index_;
  std::vector<float> sign_;
};

}  // namespace sctab::augment
