#pragma once

#include <cstdint>
#include <filesystem>

#include "sctab/store/store.hpp"

namespace sctab::corpus {

enum class SubsampleBy { kCells, kDonors };

struct SubsampleOptions {
  SubsampleBy by = SubsampleBy::kCells;
  double fraction = 0.15;  // of training cells, or of training donors; (0, 1]
  std::uint64_t seed = 1;  // one seed, one nesting: 30% holds all of 15%
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
  void validate() const;  // throws InputError naming the field
};

/// A store with a nested part of the training cells; validation and test are kept whole.
void subsample(const store::Store& from, const std::filesystem::path& to, const SubsampleOptions& options);

}  // namespace sctab::corpus
