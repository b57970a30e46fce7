#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sctab/store/store.hpp"

namespace sctab::corpus {

enum class SubsampleBy { kCells, kDonors };
/// "cells", "donors".
std::string_view name(SubsampleBy by);

struct SubsampleOptions {
  SubsampleBy by = SubsampleBy::kCells;
  double fraction = 0.15;  // of training cells, or of training donors; (0, 1]
  std::uint64_t seed = 1;  // one seed, one nesting: 30% holds all of 15%
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
  void validate() const;  // throws InputError naming the field
};

struct SubsampleResult {
  core::CellIndex train_cells = 0, train_cells_before = 0;
  std::int64_t train_donors = 0, train_donors_before = 0;
  std::vector<std::string> types_lost;  // labels that no training cell has any more; the tables still hold them
};

/// Which training cells stay, 1 or 0 for each, of a seeded order of the cells (or of the donors): the first part of it,
/// so a larger fraction holds all of a smaller one. Cells without a donor count as one donor for each dataset.
std::vector<std::uint8_t> choose_cells(const store::ObsTable& train, const store::CategoryTables& tables,
                                       const SubsampleOptions& options);

/// A store with a nested part of the training cells; validation and test are kept whole. Whole or not at all.
SubsampleResult subsample(const store::Store& from, const std::filesystem::path& to, const SubsampleOptions& options);

}  // namespace sctab::corpus
