#include <gtest/gtest.h>

#include <numeric>

#include "formats/mtx/all_rows.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/mtx/folder.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::mtx {
namespace {

TEST(RealMtx, ReadsCellRanger3) {
  SCTAB_NEED_SHARED(path, "data/raw_formats/cellranger3/scanpy_cellranger3_mtx");
  const auto source = formats::open_cells(path);
  EXPECT_EQ(source->n_cells(), 1107);
  EXPECT_EQ(source->obs_names().front(), "AAACCCAAGGAGAGTA-1");
  EXPECT_EQ(source->gene_names("").front(), "ENSG00000279493");
  EXPECT_EQ(source->gene_symbols("").front(), "CH507-9B2.2");
  EXPECT_TRUE(source->notes().empty());
  const sparse::CsrMatrix cells = all_rows(*source, 100);
  EXPECT_EQ(cells.n_genes, 507);
  EXPECT_EQ(cells.nnz(), 23866);
  // The first lines of the matrix: 458 1 3, 456 1 1.
  const auto row = cells.row(0);
  EXPECT_EQ(row.indices.back(), 457);
  EXPECT_EQ(row.data.back(), 3);
  SCTAB_NEED_PYTHON_ANNDATA();
  const auto sum = sctab::tests::run_debian_python(
      "-W ignore -c \"import scipy.io, gzip; m = scipy.io.mmread(gzip.open('" + (path / "matrix.mtx.gz").string() +
      "')).tocsc(); print(int(m.sum()), int((m.multiply(m)).sum()))\"");
  double total = 0, squares = 0;
  for (const float value : cells.data) {
    total += value;
    squares += static_cast<double>(value) * value;
  }
  EXPECT_EQ(sum.output, fmt::format("{:.0f} {:.0f}\n", total, squares));
}

TEST(RealMtx, RefusesAntibodyCountsAlone) {
  SCTAB_NEED_SHARED(path, "data/raw_formats/other/citeseq_count_umi_count");
  SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(path), core::InputError, "citeseq_count_umi_count",
                          "antibodies or tags", "TotalSeq-C-001-AACAAGACCCTTGAG");
}

}  // namespace
}  // namespace sctab::mtx
