#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/tenx/features.hpp"

namespace sctab::tenx {

/// The genes of a 10x .h5 and the rows of its matrix that they are.
struct H5Genes {
  std::vector<core::GeneIndex> gene_of_feature;  // -1: left out; probes of one gene share it
  core::GeneIndex n_genes = 0;
  formats::Strings names, symbols;  // one a gene; no symbols where names are all there is
  std::vector<std::string> notes;   // what was left out

  /// Whether every feature is a gene of its own.
  [[nodiscard]] bool has_all() const;
};

/// Reads the features of the matrix at a path of the file: the group `features` since Cell Ranger 3, `genes` and
/// `gene_names` before. Leaves out what is not a gene, genes of other species, and probes that Cell Ranger leaves out.
/// Throws InputError where lists differ in length or nothing is left.
H5Genes read_genes(const arrays::ArrayGroup& file, std::string_view matrix_path);

}  // namespace sctab::tenx
