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
  /// CL ids: cells of these types, and of their subtypes, are in neither training nor validation. The test keeps them,
  /// for it asks what a model says of cells that it has never seen the like of.
  std::vector<std::string> without_types;
  /// Values of tissue_general: cells of other tissues are in neither training nor validation. Empty: all stay.
  std::vector<std::string> only_tissues;
  /// Donors (or cells) that the fraction would leave out stay if they alone have cells of some type, so that no type of
  /// the training split (with only_tissues: of its cells of those tissues) is lost.
  bool keep_types = false;
  std::uint64_t seed = 1;  // one seed, one nesting: 30% holds all of 15%
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
  bool overwrite = false;  // replace a finished store
  void validate() const;   // throws InputError naming the field
};

struct SubsampleResult {
  core::CellIndex train_cells = 0, train_cells_before = 0;
  std::int64_t train_donors = 0, train_donors_before = 0;
  std::vector<std::string> types_lost;      // labels that no training cell has any more; the tables still hold them
  std::vector<std::string> types_left_out;  // labels of without_types and their subtypes; none of them in types_lost
};

/// Which training cells stay, 1 or 0 for each, of a seeded order of the cells (or of the donors): the first part of it,
/// so a larger fraction holds all of a smaller one. With keep_types others go from the end of the order on, and one
/// that nothing before it nor what stays after it has the types of is kept: with fewer no part could hold the smaller
/// ones. Cells without a donor count as one donor for each dataset. Types that are left out play no part in it: what
/// stays of the others is the same with and without them.
std::vector<std::uint8_t> choose_cells(const store::ObsTable& train, const store::CategoryTables& tables,
                                       const SubsampleOptions& options);

/// Throws InputError as subsample() would, of the options against what the store's tables have; reads no cell.
void check_subsample(const store::Store& from, const SubsampleOptions& options);

/// A store with a nested part of the training cells; validation and test are kept whole, but for what without_types
/// says. Whole or not at all. Throws InputError naming an id that no type of the store has or lies below, a tissue that
/// the store has not, and as core::StagedFolder does.
SubsampleResult subsample(const store::Store& from, const std::filesystem::path& to, const SubsampleOptions& options);

}  // namespace sctab::corpus
