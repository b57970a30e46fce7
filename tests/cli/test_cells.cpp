#include "cli/test_cells.hpp"

#include <hdf5.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace sctab::tests {

void write_test_ontology(const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "format-version: 1.2\ndata-version: cl/releases/2023-07-20/cl.obo\n";
  file << "\n[Term]\nid: CL:0000000\nname: cell\n";
  file << "\n[Term]\nid: CL:0000003\nname: native cell\nis_a: CL:0000000\n";
  for (std::size_t i = 0; i < kDistinctTypeIds.size(); ++i) {
    file << "\n[Term]\nid: " << kDistinctTypeIds.at(i) << "\nname: " << kDistinctTypeNames.at(i)
         << "\nis_a: CL:0000003\n";
  }
}

void write_test_genes(const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "feature_id,feature_name\n";
  for (int gene = 1; gene <= kDistinctTypesGenes; ++gene) file << gene_id(gene) << ",GENE" << gene << '\n';
}

void remove_object(const std::filesystem::path& path, const std::string& object) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const herr_t removed = H5Ldelete(file, object.c_str(), H5P_DEFAULT);
  if (file < 0 || removed < 0 || H5Fclose(file) < 0) throw std::runtime_error("cannot remove " + object);
}

}  // namespace sctab::tests
