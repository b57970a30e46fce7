#include "sctab/augment/batch_augmenter.hpp"

#include "sctab/core/error.hpp"
#include "sctab/kernels/augment.hpp"

namespace sctab::augment {

BatchAugmenter::BatchAugmenter(sparse::CsrView vectors, std::uint64_t seed)
    : vectors_(vectors), rng_(core::Rng(seed).child("augment")) {
  SCTAB_ASSERT(vectors_.n_cells >= 1);
}

sparse::CsrView BatchAugmenter::augment(sparse::CsrView log_norm, std::int64_t epoch, std::int64_t batch) {
  core::Rng rng =
      rng_.child("epoch", static_cast<std::uint64_t>(epoch)).child("batch", static_cast<std::uint64_t>(batch));
  vector_index_.clear();
  sign_.clear();
  for (sparse::CellIndex cell = 0; cell < log_norm.n_cells; ++cell) {
    vector_index_.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(vectors_.n_cells))));
    sign_.push_back(rng.below(2) == 0 ? 1.0F : -1.0F);
  }
  kernels::augment(log_norm, {vectors_, vector_index_, sign_}, augmented_);
  return augmented_.view();
}

}  // namespace sctab::augment
