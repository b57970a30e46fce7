#pragma once

#include <cstdint>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::augment {

/// Moves each cell of a batch by a vector drawn for it, added or taken away with equal chances, and clamps to [0, 9].
class BatchAugmenter {
 public:
  /// vectors: (n_vectors × n_genes), at least one; must outlive this.
  BatchAugmenter(sparse::CsrView vectors, std::uint64_t seed);

  /// log_norm: (n_cells × n_genes). A function of the vectors, the seed, epoch and batch, so that a run can go on
  /// anywhere. The result lies in memory kept for the next batch, and is valid until then.
  sparse::CsrView augment(sparse::CsrView log_norm, std::int64_t epoch, std::int64_t batch);

 private:
  sparse::CsrView vectors_;
  sparse::CsrMatrix augmented_;
  core::Rng rng_;
  std::vector<std::int64_t> vector_index_;
  std::vector<float> sign_;
};

}  // namespace sctab::augment
