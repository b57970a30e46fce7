#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::tests {

/// The content of a small h5ad file, to be changed at will before it is written.
struct H5adFile {
  std::vector<std::string> genes;
  std::map<std::string, std::vector<std::string>> obs;  // text columns, one value a cell
  std::vector<std::uint8_t> primary;                    // is_primary_data; empty: no such column
  std::vector<std::string> gene_symbols;                // var column; empty: none
  sparse::CsrMatrix counts;

  [[nodiscard]] std::size_t n_cells() const { return static_cast<std::size_t>(counts.n_cells); }

  void set_all(const std::string& column, const std::string& value) { obs[column].assign(n_cells(), value); }

  void write(const std::filesystem::path& path) const {
    const auto categorical = [](const std::vector<std::string>& values) {
      h5ad::Categorical column;
      std::map<std::string, std::int32_t> codes;
      for (const auto& value : values) codes.emplace(value, 0);
      for (auto& [value, code] : codes) {
        code = static_cast<std::int32_t>(column.categories.size());
        column.categories.push_back(value);
      }
      for (const auto& value : values) column.codes.push_back(codes.at(value));
      return column;
    };
    h5ad::Writer writer(path, counts.n_genes);
    writer.append(counts.view());
    std::vector<h5ad::Column> obs_columns, var_columns;
    for (const auto& [name, values] : obs) obs_columns.push_back({name, categorical(values)});
    if (!primary.empty()) obs_columns.push_back({"is_primary_data", primary});
    if (!gene_symbols.empty()) var_columns.push_back({"gene_symbol", categorical(gene_symbols)});
    h5ad::Strings cell_names;
    for (std::size_t cell = 0; cell < n_cells(); ++cell) cell_names.push_back("cell" + std::to_string(cell));
    writer.write_obs(cell_names, obs_columns);
    writer.write_var(genes, var_columns);
    writer.close();
  }
};

/// ENSG00000000001, ENSG00000000002, …
inline std::vector<std::string> small_genes(std::size_t n, std::size_t first = 1) {
  std::vector<std::string> genes;
  for (std::size_t i = first; i < first + n; ++i) {
    const std::string digits = std::to_string(i);
    genes.push_back("ENSG" + std::string(11 - digits.size(), '0') + digits);
  }
  return genes;
}

/// Random counts of 25 genes, 10 cells a donor: three types below native cell, all of them in every donor; 10x,
/// primary.
inline H5adFile small_file(std::size_t n_donors, std::uint64_t seed, const std::string& dataset = "data") {
  constexpr std::size_t cells_per_donor = 10, n_genes = 25;
  constexpr const char* types[] = {"CL:0000624", "CL:0000625", "CL:0000236"};
  H5adFile file;
  file.genes = small_genes(n_genes);
  file.counts.clear(n_genes);
  core::Rng rng(seed);
  for (std::size_t cell = 0; cell < n_donors * cells_per_donor; ++cell) {
    std::vector<sparse::GeneIndex> indices;
    std::vector<float> data;
    for (sparse::GeneIndex gene = 0; gene < static_cast<sparse::GeneIndex>(n_genes); ++gene) {
      const auto count = static_cast<float>(rng.poisson(0.8));
      if (!(count > 0)) continue;
      indices.push_back(gene);
      data.push_back(count);
    }
    file.counts.append_row(indices, data);
    file.obs["cell_type_ontology_term_id"].push_back(types[cell % 3]);
    file.obs["donor_id"].push_back("donor" + std::to_string(cell / cells_per_donor));
    file.primary.push_back(1);
  }
  file.set_all("assay", "10x 3' v3");
  file.set_all("dataset_id", dataset);
  file.set_all("tissue", "blood");
  return file;
}

}  // namespace sctab::tests
