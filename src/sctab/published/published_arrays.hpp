#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sctab/genes/genes.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::published {

/// A pair of labels on which the published hierarchy and the ontology do not agree.
struct HierarchyDifference {
  std::size_t parent = 0, child = 0;  // codes
  bool published = false;             // it is there that the child is a subtype of the parent
};

/// child_matrix.npy, (labels × labels), 1 where the label of the column is that of the row or a subtype of it, against
/// the ontology: every difference. Throws InputError naming the file where it has another shape or other numbers.
std::vector<HierarchyDifference> compare_hierarchy(const std::filesystem::path& child_matrix,
                                                   const ontology::SubtypeMatrix& subtypes);

/// class_weights.npy against the weights that the training cells give.
struct WeightComparison {
  double largest_difference = 0;  // relative to ours
  std::size_t at = 0;             // the code of that label
  std::string not_compared;       // why, where they cannot be
};
/// The authors counted before they left out the cells that fill no row group of 1,024, so that small differences are
/// expected. Nothing of a store depends on these weights: a file that is damaged or has another number of weights than
/// labels have cells is said to be so and is no error.
WeightComparison compare_class_weights(const std::filesystem::path& class_weights,
                                       std::span<const std::int64_t> train_cells_per_type);

/// Writes augmentations.npy, (vectors × genes), as the file that `sctab augment` makes; of which donors and types the
/// vectors are is not published. Returns how many there are. Memory: the non-zeros. Throws InputError naming the file
/// where it has another number of genes or a value that is not finite.
std::int64_t convert_vectors(const std::filesystem::path& augmentations, const genes::GeneList& genes,
                             const std::filesystem::path& output);

}  // namespace sctab::published
