#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/dataframe.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::tests {

/// Cells of three types that differ clearly, for a test to spoil before it writes them.
struct TestCells {
  std::vector<std::string> genes;  // Ensembl ids: the index of var
  sparse::CsrMatrix counts;        // cells × genes
  std::vector<h5ad::Column> obs;   // the columns of the CELLxGENE schema that corpora need
  std::vector<std::string> names;  // the index of obs

  /// As an h5ad.
  void write(const std::filesystem::path& path) const;
  /// Replaces a text column by the same value for every cell.
  void fill(std::string_view column, const std::string& value);
  void drop(std::string_view column);
};

inline constexpr core::GeneIndex kTestGenes = 300;

/// n_cells: the types in turn, donors in blocks; all counts are above 0 somewhere in each cell.
TestCells make_test_cells(core::CellIndex n_cells, int n_donors, std::uint64_t seed = 1);

/// An ontology with the three types below native cell, and a gene list of the test cells' genes.
void write_test_ontology(const std::filesystem::path& path);
void write_test_genes(const std::filesystem::path& path);

/// Removes an object of an HDF5 file ("X").
void remove_object(const std::filesystem::path& path, const std::string& object);

}  // namespace sctab::tests
