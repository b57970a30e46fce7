#include "sctab/formats/open_hdf5.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sctab/core/error.hpp"
#include "sctab/formats/seurat.hpp"
#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"
#include "support/python.hpp"

namespace sctab::formats {
namespace {

using sctab::tests::TemporaryFolder;
using sctab::tests::write_bytes;

/// The folder of small HDF5 files, made once: FILE NAME NAME … a line; a NAME that ends in "/" is a group's.
const std::filesystem::path& small_files() {
  static const TemporaryFolder folder;
  static const bool made = [] {
    write_bytes(folder / "make.py",
                "import h5py, os, sys\nos.chdir(sys.argv[1])\n"
                "for line in open('files.txt'):\n"
                "    file, *names = line.split()\n"
                "    f = h5py.File(file, 'w')\n"
                "    for n in names: f.create_group(n) if n[-1] == '/' else f.create_dataset(n, data=[1])\n");
    write_bytes(folder / "files.txt",
                "two.h5 images notes/\n"
                "empty.h5\n"
                "many.h5 a b c d e f g h i j k l\n"
                "molecules3.h5 barcode_idx count feature_idx\n"
                "molecules2.h5 barcode gene umi reads\n"
                "slices.h5 feature_slices/ masks/\n"
                "a.h5Seurat assays/ cell.names\n");
    const auto run = sctab::tests::run_debian_python((folder / "make.py").string() + " " + folder.path().string());
    EXPECT_EQ(run.status, 0) << run.output;
    return run.status == 0;
  }();
  EXPECT_TRUE(made);
  return folder.path();
}

TEST(OpenHdf5, ListsWhatAFileOfNoKnownFormatHolds) {
  SCTAB_NEED_PYTHON_ANNDATA();
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "two.h5"), core::InputError, "two.h5",
                          "holds images, notes; expected", "AnnData", "10x", "loom");
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "empty.h5"), core::InputError, "empty.h5", "holds nothing");
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "many.h5"), core::InputError, "i, j and others;");
}

TEST(OpenHdf5, NamesFilesOf10xThatHoldNoMatrix) {
  SCTAB_NEED_PYTHON_ANNDATA();
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "molecules3.h5"), core::InputError, "molecule_info.h5");
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "molecules2.h5"), core::InputError, "molecule_info.h5");
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "slices.h5"), core::InputError, "feature_slice.h5");
}

TEST(OpenHdf5, SaysHowAnH5SeuratIsConverted) {
  SCTAB_NEED_PYTHON_ANNDATA();
  SCTAB_EXPECT_THROW_WITH(open_cells(small_files() / "a.h5Seurat"), core::InputError, "a.h5Seurat: is an h5Seurat file",
                          R"(h <- hdf5r::h5file("a.h5Seurat"); a <- h[["assays/RNA"]]; m <- a[["counts"]]; )"
                          R"(dir.create("cells"); Matrix::writeMM(Matrix::sparseMatrix()",
                          R"(write(h[["cell.names"]][], "cells/barcodes.tsv"))", "docs/seurat.md");
}

TEST(OpenHdf5, SaysHowASeuratObjectIsConverted) {
  const TemporaryFolder folder;
  using namespace std::string_literals;
  const std::string xdr = "X\n\0\0\0\3\0\4\2\2"s;
  for (const std::string& bytes : {xdr, sctab::tests::gzip_bytes(xdr), "RDX3\nX\n"s, "BZh91AY&SY"s,
                                   "\xFD"
                                   "7zXZ\0"s}) {
    write_bytes(folder / "pbmc.rds", bytes);
    SCTAB_EXPECT_THROW_WITH(
        open_cells(folder / "pbmc.rds"), core::InputError, "pbmc.rds: is a file of R",
        R"(run in R: obj <- readRDS("pbmc.rds"); m <- Seurat::GetAssayData(obj[["RNA"]], "counts"); )"
        R"(dir.create("cells"); Matrix::writeMM(m, "cells/matrix.mtx"); write(rownames(m), "cells/genes.tsv"); )"
        R"(write(colnames(m), "cells/barcodes.tsv") and annotate the folder cells (see docs/seurat.md))");
  }
  write_bytes(folder / "a\"b.RDS", xdr);
  SCTAB_EXPECT_THROW_WITH(open_cells(folder / "a\"b.RDS"), core::InputError, R"(readRDS("FILE.rds"))");
  write_bytes(folder / "a.csv.bz2", "BZh91AY&SY");
  EXPECT_FALSE(is_r_file(folder / "a.csv.bz2"));
  EXPECT_FALSE(is_r_file(folder / "missing.rds"));
  SCTAB_NEED_SHARED(path, "data/raw_formats/other/scconvert_citeseq_demo.rds");
  SCTAB_EXPECT_THROW_WITH(open_cells(path), core::InputError, "is a file of R", "scconvert_citeseq_demo.rds\")");
}

}  // namespace
}  // namespace sctab::formats
