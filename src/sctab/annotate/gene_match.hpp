#pragma once

#include <string_view>

#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::annotate {

/// A file's genes and their places in a model.
struct GeneMatch {
  h5ad::Strings names;  // one per column of the file's matrix
  genes::GeneAlignment alignment;
};

/// Matches by Ensembl id without its version, else by symbol through the model's own symbols. Throws InputError if less
/// than min_found (a share) of the model's genes is found, saying how many are and what kind of names the file has.
GeneMatch match_genes(const h5ad::File& file, std::string_view matrix_path, const genes::GeneList& model_genes,
                      double min_found);

}  // namespace sctab::annotate
