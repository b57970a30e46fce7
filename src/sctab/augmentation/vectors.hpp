#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sctab/sparse/csr.hpp"
#include "sctab/sparse/genes.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augmentation {

/// What a vector is the difference of: the mean of `donor` less that of `other_donor`, both of one cell type.
struct VectorOrigin {
  std::string cell_type, cell_type_id;  // label and CL id
  std::string donor, other_donor;
  std::int32_t cluster = 0;  // of k-means
};

/// Differences between donors, to move training cells by.
struct Vectors {
  sparse::CsrMatrix values;  // n_vectors × n_genes
  sparse::GeneList genes;
  std::vector<VectorOrigin> origins;  // one a vector
};

/// Writes a .h5ad, whole or not at all: X the vectors (csr float32), obs their origins, var the genes,
/// uns/sctab_augmentation the facts given (a JSON object).
void write_vectors(const std::filesystem::path& path, const Vectors& vectors, const nlohmann::json& facts);

/// Reads such a file. Throws InputError naming it where it is no file of vectors, holds none or a value not finite.
Vectors read_vectors(const std::filesystem::path& path);

/// The vectors in the gene order of a store. Throws InputError naming the file where they lack more than a tenth of the
/// store's genes, and where they are of a donor with validation or test cells: the model would be judged on people it
/// has seen.
sparse::CsrMatrix vectors_for(const store::Store& store, const Vectors& vectors, const std::filesystem::path& path);

}  // namespace sctab::augmentation
