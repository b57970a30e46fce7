#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"
#include "settings.hpp"

namespace sctab::bench {

struct LabelledCells {
  sparse::CsrMatrix x;  // log-normalised
  at::Tensor types;     // int64
};

/// The first batches of an epoch of the store's training cells.
std::vector<LabelledCells> cells_of_store(const Settings& settings, std::int64_t n_batches);

/// One batch of bench_torch.py's cells: a tenth of the genes, anywhere, values uniform in 0 to 4, any type.
LabelledCells random_cells(const Settings& settings);

/// Entries of a vector that are not zero, as a share of the genes: the most of what was found. Between the 8 donors of
/// kang_ifnb (all genes, 700 a cell; 18 pairs of donors with 50 cells or more of a type) the mean log-normalised
/// profiles of a type differ by 0.25 or more in 225 genes, 0.0116 of 19,331. In kang_8donors (1,287 of the genes, 116
/// pairs) it is 140, 0.0073; between simulated donors (2,033 genes a cell, 199 pairs) 158, 0.0082.
inline constexpr double kDonorVectorDensity = 0.012;
/// bench_torch.py's: the share of randn * 0.4 beyond ±0.25.
inline constexpr double kReferenceVectorDensity = 0.532;

/// Augmentation as bench_torch.py does it: to each cell one of 500 vectors with a random sign, clamped to [0, 9].
class Augmentation {
 public:
  /// density: of the vectors, whose entries are normal with a standard deviation of 0.4, beyond ±0.25, up to ±1.5.
  Augmentation(const Settings& settings, double density);
  /// The result is valid until the next call.
  const sparse::CsrMatrix& operator()(sparse::CsrView x);

 private:
  core::Rng rng_;
  sparse::CsrMatrix vectors_, augmented_;
};

}  // namespace sctab::bench
