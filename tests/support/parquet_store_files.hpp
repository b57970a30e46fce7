#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sctab/corpus/merlin_store.hpp"

namespace sctab::tests {

/// A cell as the authors' store has it.
struct PublishedCell {
  std::vector<float> x;  // log1p of counts scaled to 10,000, dense
  std::int64_t soma_joinid = 0;
  bool is_primary = true;
  std::array<std::int64_t, corpus::kNumCoded> codes{};  // as corpus::Coded numbers them
};

/// A small store of the authors' layout, with all its files, for a test to read or to spoil. Its labels are T cell, CD4
/// T cell, B cell and CD8 T cell, which the ontology next to it has. Needs DuckDB.
class ParquetStoreFiles {
 public:
  using Parts = std::vector<std::size_t>;  // cells of each part

  explicit ParquetStoreFiles(std::filesystem::path folder,
                             const std::array<Parts, 3>& parts = {Parts{1500, 300}, Parts(12, 3), Parts{40}});

  std::filesystem::path folder, ontology;
  std::array<std::vector<PublishedCell>, 3> cells;  // of train, val, test, in order
  std::array<std::vector<std::string>, corpus::kNumCoded> lookups;
  std::vector<std::string> gene_ids;

  /// The same files in another folder, to be spoiled.
  [[nodiscard]] ParquetStoreFiles copy_to(const std::filesystem::path& other) const;
  /// Writes the _metadata of a split, which holds the ends of its parts alone and announces this many cells.
  void write_metadata(const std::string& split, std::size_t n_cells) const;
  /// Rewrites a file of the folder: SELECT this FROM what it holds ("* EXCLUDE (tissue)").
  void rewrite(const std::filesystem::path& name, const std::string& select) const;

 private:
  void write_tables() const;
  void write_arrays() const;
  [[nodiscard]] std::string sql_of_part(std::size_t split, std::size_t number, std::size_t begin) const;
};

}  // namespace sctab::tests
