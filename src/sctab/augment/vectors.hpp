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

/// A vector is the mean of `donor` less that of `other_donor`, both over cells of one type.
struct VectorOrigin {
  std::string cell_type, cell_type_id;  // label and CL id
  std::string donor, other_donor;       // kNotPublished where unknown
  std::int32_t cluster = 0;             // k-means cluster
};

/// Differences between donors, to move training cells by.
struct Vectors {
  sparse::CsrMatrix values;  // n_vectors × n_genes
  genes::GeneList genes;
  std::vector<VectorOrigin> origins;  // one per vector
  std::string store_hash{};           // hash of the store whose training cells they come from; empty: unknown
};

/// Writes a .h5ad, whole or not at all: X the vectors (csr float32), obs their origins, var the genes,
/// uns/sctab_augmentation the facts given (a JSON object).
void write_vectors(const std::filesystem::path& path, const Vectors& vectors, const nlohmann::json& facts);

/// Reads such a file. Throws InputError naming it if it is not a file of vectors, is empty or has a value that is not
/// finite.
Vectors read_vectors(const std::filesystem::path& path);

/// The vectors in the gene order of a store. Throws InputError naming the file if they lack more than a tenth of the
/// store's genes, or if the model might be judged on people it has seen: a vector comes from a donor with validation or
/// test cells, or the vectors were made from another store (neither this one nor one it was taken from) and come from a
/// donor without training cells here, who may be held out under another name. Warns if donors are unknown, unless both
/// vectors and store are the published ones.
sparse::CsrMatrix vectors_for(const store::Store& store, const Vectors& vectors, const std::filesystem::path& path);

}  // namespace sctab::augment
