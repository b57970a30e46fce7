#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/corpus/cell_table.hpp"

namespace sctab::corpus {

struct SplitOptions {
  double val_fraction = 0.15;  // of donors, not of cells: the question is how we do on people never seen
  double test_fraction = 0.15;
  bool keep_types_in_train = true;  // no type loses its last training donor: it could not be learnt otherwise
  std::uint64_t seed = 1;
  void validate() const;  // throws InputError naming the field
};

/// What the split needs to know of a donor.
struct DonorSummary {
  std::int32_t dataset = 0;
  std::vector<std::int32_t> types;  // distinct codes of the types of its cells
};

/// The split of each donor.
///
/// Donors are drawn by systematic sampling: shuffled within their dataset, the datasets in random order one behind the
/// other, then every k-th donor from a random start is held out, by turns for validation and for test. Each donor is as
/// likely as any other to be held out, and a dataset with many donors always gives some: a simple random draw from the
/// few dozen donors of a small corpus often leaves validation or test without a whole tissue.
///
/// With keep_types_in_train a donor whose leaving would take a type's last donor from train stays, and the next donor
/// in that order that can go is held out instead. types_without_donor: types that cells without a donor carry; these
/// cells always train. Throws InputError where no donors can be held out.
std::vector<store::Split> split_donors(std::span<const DonorSummary> donors,
                                       std::span<const std::int32_t> types_without_donor, const SplitOptions& options);

/// The split of every donor code of the table, from its kept cells. Donors without kept cells are given to train.
std::vector<store::Split> split_donors(const CellTable& cells, const SplitOptions& options);

}  // namespace sctab::corpus
