#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/genes/genes.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::augment {

/// What published vectors name in place of their donors.
inline constexpr std::string_view kNotPublished = "not published";

/// What a vector is the difference of: the mean of `donor` less that of `other_donor`, both of one cell type.
struct VectorOrigin {
  std::string cell_type, cell_type_id;  // label and CL id
  std::string donor, other_donor;       // kNotPublished where nobody says who they are
  std::int32_t cluster = 0;             // of k-means
};

/// Differences between donors, to move training cells by.
struct Vectors {
  sparse::CsrMatrix values;  // n_vectors × n_genes
  genes::GeneList genes;
  std::vector<VectorOrigin> origins;  // one a vector
  std::string store_hash{};           // of the store whose training cells they are of; empty: the file does not say
};

/// Writes a .h5ad, whole or not at all: X the vectors (csr float32), obs their origins, var the genes,
/// uns/sctab_augmentation the facts given (a JSON object).
void write_vectors(const std::filesystem::path& path, const Vectors& vectors, const nlohmann::json& facts);

/// Reads such a file. Throws InputError naming it where it is no file of vectors, holds none or a value not finite.
Vectors read_vectors(const std::filesystem::path& path);

/// The vectors in the gene order of a store. Throws InputError naming the file where they lack more than a tenth of the
/// store's genes, and where the model might be judged on people it has seen: where they are of a donor with validation
/// or test cells, and where they were made of another store (not this one, nor one it was taken from) and are of a
/// donor that this one does not train on: the same person may stand here under another name. Warns of vectors that do
/// not say whose they are, but for published ones with the published store.
sparse::CsrMatrix vectors_for(const store::Store& store, const Vectors& vectors, const std::filesystem::path& path);

}  // namespace sctab::augment
