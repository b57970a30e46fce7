#include "cli/test_cells.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>

#include "sctab/core/rng.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::tests {
namespace {

constexpr std::array kTypeIds = {"CL:0000084", "CL:0000236", "CL:0000576"};
constexpr std::array kTypeNames = {"T cell", "B cell", "monocyte"};
constexpr core::GeneIndex kMarkers = 20;  // genes that each type expresses more than the others

h5ad::Categorical constant(const std::string& value, std::size_t n) {
  return {.codes = std::vector<std::int32_t>(n, 0), .categories = {value}, .ordered = false};
}

}  // namespace

void TestCells::write(const std::filesystem::path& path) const {
  h5ad::Writer writer(path, core::narrow<core::GeneIndex>(genes.size()));
  writer.append(counts.view());
  writer.write_obs(names, obs);
  writer.write_var(genes, {});
  writer.close();
}

void TestCells::fill(std::string_view column, const std::string& value) {
  const auto found = std::ranges::find(obs, column, &h5ad::Column::name);
  if (found == obs.end()) throw std::out_of_range(std::string(column));
  found->values = constant(value, names.size());
}

void TestCells::drop(std::string_view column) {
  std::erase_if(obs, [column](const h5ad::Column& c) { return c.name == column; });
}

TestCells make_test_cells(core::CellIndex n_cells, int n_donors, std::uint64_t seed) {
  TestCells cells;
  for (core::GeneIndex gene = 0; gene < kTestGenes; ++gene) cells.genes.push_back(fmt::format("ENSG{:011}", gene + 1));
  cells.counts.clear(kTestGenes);
  core::Rng rng(seed);
  const auto n = static_cast<std::size_t>(n_cells);
  h5ad::Categorical ids{.codes = {}, .categories = {kTypeIds.begin(), kTypeIds.end()}, .ordered = false};
  h5ad::Categorical labels{.codes = {}, .categories = {kTypeNames.begin(), kTypeNames.end()}, .ordered = false};
  h5ad::Categorical donors;
  for (int donor = 0; donor < n_donors; ++donor) donors.categories.push_back(fmt::format("donor {}", donor + 1));
  for (core::CellIndex cell = 0; cell < n_cells; ++cell) {
    const auto type = static_cast<std::int32_t>(cell % 3);
    std::vector<core::GeneIndex> genes;
    std::vector<float> values;
    for (core::GeneIndex gene = 0; gene < kTestGenes; ++gene) {
      const auto count = rng.poisson(gene / kMarkers == type ? 5.0 : 0.3) + (gene == 3 * kMarkers ? 1 : 0);
      if (count == 0) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(count));
    }
    cells.counts.append_row(genes, values);
    ids.codes.push_back(type);
    labels.codes.push_back(type);
    donors.codes.push_back(static_cast<std::int32_t>(cell * n_donors / n_cells));
    cells.names.push_back(fmt::format("cell-{}", cell));
  }
  cells.obs = {{"cell_type_ontology_term_id", ids},
               {"cell_type", labels},
               {"donor_id", donors},
               {"assay", constant("10x 3' v3", n)},
               {"tissue", constant("blood", n)},
               {"tissue_general", constant("blood", n)},
               {"disease", constant("normal", n)},
               {"is_primary_data", h5ad::Booleans(n, 1)}};
  return cells;
}

void write_test_ontology(const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "format-version: 1.2\ndata-version: cl/releases/2023-07-20/cl.obo\n";
  file << "\n[Term]\nid: CL:0000000\nname: cell\n";
  file << "\n[Term]\nid: CL:0000003\nname: native cell\nis_a: CL:0000000\n";
  for (std::size_t i = 0; i < kTypeIds.size(); ++i) {
    file << "\n[Term]\nid: " << kTypeIds.at(i) << "\nname: " << kTypeNames.at(i) << "\nis_a: CL:0000003\n";
  }
}

void write_test_genes(const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "feature_id,feature_name\n";
  for (int gene = 0; gene < kTestGenes; ++gene) file << fmt::format("ENSG{:011},GENE{}\n", gene + 1, gene + 1);
}

void remove_object(const std::filesystem::path& path, const std::string& object) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const herr_t removed = H5Ldelete(file, object.c_str(), H5P_DEFAULT);
  if (file < 0 || removed < 0 || H5Fclose(file) < 0) throw std::runtime_error("cannot remove " + object);
}

}  // namespace sctab::tests
