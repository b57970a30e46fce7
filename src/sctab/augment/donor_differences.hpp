#pragma once

#include <cstdint>

#include "sctab/augment/donor_pairs.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augment {

/// The paper's: differences within ±0.25 are noise, and none is larger than 1.5.
inline constexpr double kSmallestDifference = 0.25, kLargestDifference = 1.5;

struct DifferenceOptions {
  std::int64_t memory_bytes = 4'000'000'000;  // for the sums of groups; at least one type's are held whatever it says
  int threads = 0;                            // that read; 0: all
};

/// For each pair the difference of its groups' mean log-normalised cells: what lies within ±0.25 is zero and not
/// stored, the rest is clamped to ±1.5. Reads the training cells once, or once for as many types as `memory_bytes`
/// holds sums of (8 bytes a group and gene). (n_pairs × n_genes), in the order of the pairs.
sparse::CsrMatrix donor_differences(const store::Store& store, const DonorPairs& pairs,
                                    const DifferenceOptions& options = {});

}  // namespace sctab::augment
