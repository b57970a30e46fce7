#include <gtest/gtest.h>

#include "formats/tenx/example_cells.hpp"
#include "sctab/core/error.hpp"

namespace sctab::tenx {
namespace {

using namespace tests;
using formats::InputKind;

struct Expected {
  const char* file;
  const char* matrix;
  core::CellIndex n_cells;
  core::GeneIndex n_genes;
  double total;            // of all counts, as h5py and NumPy sum them
  std::string first_gene;  // of gene_names()
  std::size_t n_notes;
};

TEST(TenxH5RealFiles, AreReadWhole) {
  const std::vector<Expected> files = {
      {"cellranger1/scanpy_cellranger1_filtered_gene_bc_matrices_h5.h5", "hg19_chr21", 12, 343, 12, "DSCAM", 0},
      {"cellranger1/scanpy_cellranger1_multiple_genomes.h5", "hg19_chr21", 12, 343, 12, "DSCAM", 1},
      {"cellranger3/scanpy_cellranger3_filtered_feature_bc_matrix.h5", "matrix", 1107, 507, 41549, "ENSG00000279493",
       0},
      {"spaceranger/scanpy_visium1_filtered_feature_bc_matrix.h5", "matrix", 100, 100, 932, "ENSG00000243485", 1},
      {"spaceranger/scanpy_visium2_raw_probe_bc_matrix.h5", "matrix", 4987, 671, 2838, "ENSMUSG00000000001", 3},
  };
  for (const Expected& expected : files) {
    SCOPED_TRACE(expected.file);
    SCTAB_NEED_SHARED(path, std::string("data/raw_formats/") + expected.file);
    const auto source = formats::open_cells(path);
    EXPECT_EQ(source->n_cells(), expected.n_cells);
    EXPECT_EQ(source->obs_names().size(), static_cast<std::size_t>(expected.n_cells));
    const formats::CountsSource counts = source->find_counts(InputKind::kCounts, "");
    EXPECT_EQ(counts.matrix_path, expected.matrix);
    EXPECT_TRUE(counts.integers);
    EXPECT_EQ(counts.n_genes, expected.n_genes);
    const auto genes = source->gene_names(counts.matrix_path);
    ASSERT_EQ(genes.size(), static_cast<std::size_t>(expected.n_genes));
    EXPECT_EQ(genes.front(), expected.first_gene);
    EXPECT_EQ(source->notes().size(), expected.n_notes);
    double total = 0;
    for (const float count : read_dense(*source, counts.matrix_path, 1000)) total += count;
    EXPECT_EQ(total, expected.total);
  }
}

}  // namespace
}  // namespace sctab::tenx
