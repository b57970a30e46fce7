#include <gtest/gtest.h>

#include <map>

#include "formats/h5ad/example_cells.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/sparse/normalise.hpp"
#include "support/fixtures.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;

struct Expected {
  CellIndex n_cells;
  GeneIndex n_genes;
  const char* counts;
  bool integers;
};

// Shapes from the data's README; li_colon has RSEM's expected counts.
const std::map<std::string, Expected> kFiles = {
    {"baron_pancreas_mini", {175, 12474, "X", true}},
    {"darmanis_brain", {466, 22085, "X", true}},
    {"he_liver", {2839, 17640, "X", true}},
    {"kang_8donors_1287genes", {12261, 1287, "X", true}},
    {"kang_ifnb", {2000, 13215, "X", true}},
    {"lattice_liver_bcells_cellxgene", {146, 33387, "raw/X", true}},
    {"laughney_lung_tumour", {8402, 20954, "X", true}},
    {"li_colon_normal_mucosa", {266, 57241, "X", false}},
    {"moncada_pdac_a", {500, 19736, "X", true}},
    {"onek1k_40donors_1000genes", {7811, 1000, "X", true}},
    {"pelka_colon_epithelium", {624, 41160, "X", true}},
    {"wu_breast_cid4465", {1564, 29733, "X", true}},
    {"zheng_facs", {3774, 21952, "X", true}},
};

TEST(RealFiles, EveryOneIsReadWhole) {
  SCTAB_NEED_SHARED(folder, "data/cells");
  for (const auto& [name, expected] : kFiles) {
    SCOPED_TRACE(name);
    const File file(folder / (name + ".h5ad"));
    EXPECT_EQ(file.n_cells(), expected.n_cells);
    EXPECT_EQ(file.obs_names().size(), static_cast<std::size_t>(expected.n_cells));
    const CountsSource source = file.find_counts();
    EXPECT_EQ(source.matrix_path, expected.counts);
    EXPECT_EQ(source.integers, expected.integers);
    const auto genes = file.gene_names(source.matrix_path);
    EXPECT_EQ(file.matrix(source.matrix_path).n_genes, expected.n_genes);
    EXPECT_EQ(genes.size(), static_cast<std::size_t>(expected.n_genes));
    const auto counts = read_all(file, source.matrix_path, 1000);
    EXPECT_EQ(counts.n_cells, expected.n_cells);
    EXPECT_NO_THROW(sparse::check_counts(counts.view(), name, 0, genes));
    for (const auto& column : file.obs_columns()) EXPECT_NO_THROW((void)file.obs_as_text(column)) << column;
  }
}

TEST(RealFiles, TheCellxgeneSchema) {
  SCTAB_NEED_SHARED(path, "data/cells/lattice_liver_bcells_cellxgene.h5ad");
  const File file(path);
  EXPECT_EQ(file.matrices().size(), 2U);
  EXPECT_EQ(file.obs_as_text("donor_id").categories.size(), 4U);
  EXPECT_EQ(file.obs_as_text("is_primary_data").value(0), "False");
  EXPECT_TRUE(file.obs_as_text("cell_type_ontology_term_id").value(0).starts_with("CL:"));
  EXPECT_TRUE(file.var_names("raw/X").front().starts_with("ENSG"));
  // X is the same genes, log-normalised from raw/X.
  EXPECT_TRUE(file.summarise_values("X").looks_log_normalised());
}

}  // namespace
}  // namespace sctab::h5ad
