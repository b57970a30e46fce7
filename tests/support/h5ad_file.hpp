#pragma once

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/gene_id.hpp"

namespace sctab::tests {

/// The content of a small h5ad file, to be changed at will before it is written. Cells are named "cell-0", "cell-1", …
struct H5adFile {
  std::vector<std::string> genes;                       // Ensembl ids: the index of var
  std::map<std::string, std::vector<std::string>> obs;  // text columns, one value per cell
  std::vector<std::uint8_t> primary;                    // is_primary_data; empty: no such column
  std::vector<std::string> gene_symbols;                // var column; empty: none
  sparse::CsrMatrix counts;

  [[nodiscard]] std::size_t n_cells() const { return static_cast<std::size_t>(counts.n_cells); }

  void set_all(const std::string& column, const std::string& value) { obs[column].assign(n_cells(), value); }

  void drop(const std::string& column) {
    if (column == "is_primary_data") primary.clear();
    obs.erase(column);
  }

  /// Adds a cell with Poisson counts. mean(gene): of its count.
  template <typename Mean>
  void add_cell(core::Rng& rng, Mean mean) {
    std::vector<core::GeneIndex> indices;
    std::vector<float> data;
    for (core::GeneIndex gene = 0; gene < counts.n_genes; ++gene) {
      const auto count = rng.poisson(mean(gene));
      if (count == 0) continue;
      indices.push_back(gene);
      data.push_back(static_cast<float>(count));
    }
    counts.append_row(indices, data);
  }

  void write(const std::filesystem::path& path) const {
    h5ad::Writer writer(path, counts.n_genes);
    writer.append(counts.view());
    std::vector<formats::Column> obs_columns, var_columns;
    for (const auto& [name, values] : obs) obs_columns.push_back({name, categorical(values)});
    if (!primary.empty()) obs_columns.push_back({"is_primary_data", primary});
    if (!gene_symbols.empty()) var_columns.push_back({"gene_symbol", categorical(gene_symbols)});
    formats::Strings cell_names;
    for (std::size_t cell = 0; cell < n_cells(); ++cell) cell_names.push_back(fmt::format("cell-{}", cell));
    writer.write_obs(cell_names, obs_columns);
    writer.write_var(genes, var_columns);
    writer.close();
  }

 private:
  static formats::Categorical categorical(const std::vector<std::string>& values) {
    formats::Categorical column;
    std::map<std::string, std::int32_t> codes;
    for (const auto& value : values) codes.emplace(value, 0);
    for (auto& [value, code] : codes) {
      code = static_cast<std::int32_t>(column.categories.size());
      column.categories.push_back(value);
    }
    for (const auto& value : values) column.codes.push_back(codes.at(value));
    return column;
  }
};

/// Random counts of 25 genes, 10 cells per donor; three types below native cell, all of them in every donor; 10x,
/// primary data.
inline H5adFile small_file(std::size_t n_donors, std::uint64_t seed, const std::string& dataset = "data") {
  constexpr std::size_t kCellsPerDonor = 10;
  constexpr std::array kTypes = {"CL:0000624", "CL:0000625", "CL:0000236"};
  H5adFile file;
  file.genes = gene_ids(25);
  file.counts.clear(25);
  core::Rng rng(seed);
  for (std::size_t cell = 0; cell < n_donors * kCellsPerDonor; ++cell) {
    file.add_cell(rng, [](core::GeneIndex) { return 0.8; });
    file.obs["cell_type_ontology_term_id"].emplace_back(kTypes.at(cell % 3));
    file.obs["donor_id"].push_back(fmt::format("donor{}", cell / kCellsPerDonor));
    file.primary.push_back(1);
  }
  file.set_all("assay", "10x 3' v3");
  file.set_all("dataset_id", dataset);
  file.set_all("tissue", "blood");
  return file;
}

inline constexpr std::array kDistinctTypeIds = {"CL:0000084", "CL:0000236", "CL:0000576"};
inline constexpr std::array kDistinctTypeNames = {"T cell", "B cell", "monocyte"};
inline constexpr core::GeneIndex kDistinctTypesGenes = 300;

/// Cells of three types that differ clearly, with the columns of the CELLxGENE schema: T cell, B cell and monocyte in
/// turn, donors in blocks. 300 genes, from gene_id(1) on.
inline H5adFile distinct_types_file(std::size_t n_cells, std::size_t n_donors, std::uint64_t seed = 1) {
  constexpr core::GeneIndex kMarkers = 20;  // genes that each type expresses more than the others
  H5adFile file;
  file.genes = gene_ids(kDistinctTypesGenes);
  file.counts.clear(kDistinctTypesGenes);
  core::Rng rng(seed);
  for (std::size_t cell = 0; cell < n_cells; ++cell) {
    const std::size_t type = cell % 3;
    file.add_cell(rng, [type](core::GeneIndex gene) { return std::cmp_equal(gene / kMarkers, type) ? 5.0 : 0.3; });
    file.obs["cell_type_ontology_term_id"].emplace_back(kDistinctTypeIds.at(type));
    file.obs["cell_type"].emplace_back(kDistinctTypeNames.at(type));
    file.obs["donor_id"].push_back(fmt::format("donor {}", cell * n_donors / n_cells + 1));
    file.primary.push_back(1);
  }
  file.set_all("assay", "10x 3' v3");
  file.set_all("tissue", "blood");
  file.set_all("tissue_general", "blood");
  file.set_all("disease", "normal");
  return file;
}

}  // namespace sctab::tests
