#include "sctab/formats/mtx/find_parts.hpp"

#include <gtest/gtest.h>

#include "formats/mtx/all_rows.hpp"
#include "formats/mtx/matrix_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/mtx/folder.hpp"
#include "support/fixtures.hpp"
#include "support/tar_bytes.hpp"

namespace sctab::mtx {
namespace {

namespace fs = std::filesystem;
using sctab::tests::MatrixFiles;
using sctab::tests::tar_member;

class FindParts : public testing::Test {
 protected:
  void expect_cells(const fs::path& path) const {
    SCOPED_TRACE(path.string());
    EXPECT_TRUE(recognises(path));
    EXPECT_TRUE(same_cells(all_rows(*formats::open_cells(path)), files_.counts));
  }
  const MatrixFiles files_;
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(FindParts, TakesAFolderPackedOrNot) {
  files_.write(folder_ / "plain");
  files_.write(folder_ / "packed", "", true);
  files_.write(folder_ / "old");
  fs::rename(folder_ / "old" / "features.tsv", folder_ / "old" / "genes.tsv");
  for (const char* name : {"plain", "packed", "old"}) expect_cells(folder_ / name);
  expect_cells(folder_ / "plain" / "matrix.mtx");
  expect_cells(folder_ / "packed" / "matrix.mtx.gz");
  // Both: the plain one.
  files_.write(folder_ / "packed");
  expect_cells(folder_ / "packed");
}

TEST_F(FindParts, TakesAFolderAboveIt) {
  files_.write(folder_ / "a/filtered_feature_bc_matrix", "", true);
  files_.write(folder_ / "b/outs/filtered_gene_bc_matrices/GRCh38");
  expect_cells(folder_ / "a");
  expect_cells(folder_ / "b");
  EXPECT_FALSE(recognises(folder_ / "c"));
  fs::create_directories(folder_ / "c/d");
  EXPECT_FALSE(recognises(folder_ / "c"));
}

TEST_F(FindParts, TakesTheFilteredMatrixRatherThanTheRaw) {
  files_.write(folder_ / "a/filtered_feature_bc_matrix");
  MatrixFiles(MatrixFiles::Order::kByCell, false, 90, 30).write(folder_ / "a/raw_feature_bc_matrix");
  expect_cells(folder_ / "a");
  const auto notes = Folder(folder_ / "a").notes();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes.front(),
            "took filtered_feature_bc_matrix/matrix.mtx and left the raw matrix, which has empty droplets");
  const auto raw = Folder(folder_ / "a/raw_feature_bc_matrix").notes();
  ASSERT_EQ(raw.size(), 1U);
  EXPECT_NE(raw.front().find("raw matrix"), std::string::npos);
  // Of several samples run at once, the raw one of all lies above the filtered ones.
  files_.write(folder_ / "b/per_sample_outs/s/count/sample_filtered_feature_bc_matrix");
  MatrixFiles(MatrixFiles::Order::kByCell, false, 90, 30).write(folder_ / "b/multi/count/raw_feature_bc_matrix");
  expect_cells(folder_ / "b");
}

TEST_F(FindParts, ListsSeveralMatrices) {
  files_.write(folder_ / "a/filtered_gene_bc_matrices/hg19");
  files_.write(folder_ / "a/filtered_gene_bc_matrices/mm10");
  SCTAB_EXPECT_THROW_WITH((void)find_parts(folder_ / "a"), core::InputError, "2 matrices", "hg19/matrix.mtx",
                          "mm10/matrix.mtx", "name one of them");
  expect_cells(folder_ / "a/filtered_gene_bc_matrices/mm10");
  files_.write(folder_ / "geo", "GSM1_a_", true);
  expect_cells(folder_ / "geo");
  files_.write(folder_ / "geo", "GSM2_b_", true);
  SCTAB_EXPECT_THROW_WITH((void)find_parts(folder_ / "geo"), core::InputError, "2 matrices", "GSM1_a_matrix.mtx.gz",
                          "GSM2_b_matrix.mtx.gz");
  expect_cells(folder_ / "geo" / "GSM2_b_matrix.mtx.gz");
}

TEST_F(FindParts, SharesGenesBetweenSamplesButNotCells) {
  files_.write(folder_ / "geo", "GSM1_a_");
  files_.write(folder_ / "geo", "GSM2_b_");
  fs::remove(folder_ / "geo/GSM2_b_features.tsv");
  fs::rename(folder_ / "geo/GSM1_a_features.tsv", folder_ / "geo/GSE1_features.tsv");
  expect_cells(folder_ / "geo/GSM1_a_matrix.mtx");
  expect_cells(folder_ / "geo/GSM2_b_matrix.mtx");
  fs::remove(folder_ / "geo/GSM2_b_barcodes.tsv");
  SCTAB_EXPECT_THROW_WITH((void)find_parts(folder_ / "geo/GSM2_b_matrix.mtx"), core::InputError, "GSM2_b_matrix.mtx",
                          "names of its cells");
  expect_cells(folder_ / "geo/GSM1_a_matrix.mtx");
}

TEST_F(FindParts, KnowsTheNamesOfOtherPrograms) {
  const MatrixFiles square(MatrixFiles::Order::kByCell, true, 30, 30);  // cells first by its name alone
  const auto write = [&](const std::string& folder, const char* matrix, const char* barcodes, const char* features) {
    fs::create_directories(folder_ / folder);
    sctab::tests::write_bytes(folder_ / folder / matrix, square.matrix());
    sctab::tests::write_bytes(folder_ / folder / barcodes, square.barcodes);
    std::string ids;
    for (const std::string& id : sctab::tests::gene_ids(30)) ids += id + '\n';
    sctab::tests::write_bytes(folder_ / folder / features, ids);
    EXPECT_TRUE(same_cells(all_rows(*formats::open_cells(folder_ / folder)), square.counts)) << folder;
    EXPECT_TRUE(same_cells(all_rows(*formats::open_cells(folder_ / folder / matrix)), square.counts)) << folder;
  };
  write("kb", "cells_x_genes.mtx", "cells_x_genes.barcodes.txt", "cells_x_genes.genes.txt");
  write("nac", "cells_x_genes.total.mtx", "cells_x_genes.barcodes.txt", "cells_x_genes.genes.txt");
  write("fry", "quants_mat.mtx", "quants_mat_rows.txt", "quants_mat_cols.txt");
  fs::create_directories(folder_ / "atlas");
  sctab::tests::write_bytes(folder_ / "atlas/E-1.counts.mtx", files_.matrix());
  sctab::tests::write_bytes(folder_ / "atlas/E-1.counts.mtx_cols", files_.barcodes);
  sctab::tests::write_bytes(folder_ / "atlas/E-1.counts.mtx_rows", files_.features);
  expect_cells(folder_ / "atlas");
  // Of STARsolo's matrices, the one of unique reads.
  files_.write(folder_ / "Gene/filtered");
  sctab::tests::write_bytes(folder_ / "Gene/filtered/UniqueAndMult-EM.mtx", "not read");
  expect_cells(folder_ / "Gene");
  sctab::tests::write_bytes(folder_ / "Gene/filtered/UniqueAndMult-EM.mtx", files_.matrix());
  expect_cells(folder_ / "Gene/filtered/UniqueAndMult-EM.mtx");
}

TEST_F(FindParts, TakesAMatrixOfAnyName) {
  files_.write(folder_ / "m");
  for (const char* name : {"counts.txt", ".hidden"}) {
    fs::copy(folder_ / "m/matrix.mtx", folder_ / "m" / name);
    expect_cells(folder_ / "m" / name);
  }
}

TEST_F(FindParts, SaysWhatIsMissing) {
  const auto without = [&](const char* name) {
    files_.write(folder_ / "m");
    fs::remove(folder_ / "m" / name);
    return folder_ / "m";
  };
  SCTAB_EXPECT_THROW_WITH((void)Folder(without("matrix.mtx")), core::InputError, "barcodes.tsv but no matrix");
  SCTAB_EXPECT_THROW_WITH((void)Folder(without("barcodes.tsv")), core::InputError, "m/matrix.mtx", "names of its cells",
                          "barcodes.tsv.gz");
  SCTAB_EXPECT_THROW_WITH((void)Folder(without("features.tsv")), core::InputError, "its genes", "genes.tsv");
  SCTAB_EXPECT_THROW_WITH((void)Folder(folder_ / "m/matrix.mtx"), core::InputError, "its genes");
  SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(folder_ / "none"), core::InputError, "no such file");
}

TEST_F(FindParts, ReadsArchivesWithoutUnpackingThem) {
  const auto write = [&](const std::string& name, bool packed_parts, bool packed_archive,
                         const std::string& extra = {}) {
    const auto part = [&](const std::string& file, const std::string& text) {
      return tar_member("../../outs/" + file + (packed_parts ? ".gz" : ""),
                        packed_parts ? sctab::tests::gzip_bytes(text) : text);
    };
    const std::string bytes = tar_member("outs/", "", '5') + part("matrix.mtx", files_.matrix()) +
                              part("barcodes.tsv", files_.barcodes) + part("features.tsv", files_.features) + extra +
                              sctab::tests::tar_end();
    sctab::tests::write_bytes(folder_ / name, packed_archive ? sctab::tests::gzip_bytes(bytes) : bytes);
  };
  for (const bool packed_parts : {false, true}) {
    for (const bool packed_archive : {false, true}) {
      write("a.tar.gz", packed_parts, packed_archive, tar_member("outs/spatial/tissue_positions.csv", "x"));
      expect_cells(folder_ / "a.tar.gz");
      const Folder archive(folder_ / "a.tar.gz");
      ASSERT_EQ(archive.notes().size(), 1U);
      EXPECT_NE(archive.notes().front().find("spots"), std::string::npos);
      EXPECT_NO_THROW(core::require_unchanged(archive.path(), archive.identity()));
    }
  }
  EXPECT_FALSE(fs::exists(folder_.path().parent_path() / "outs"));
  write("b.tar", false, false, tar_member("other/matrix.mtx", files_.matrix()));
  SCTAB_EXPECT_THROW_WITH((void)Folder(folder_ / "b.tar"), core::InputError, "2 matrices", "unpack it");
  sctab::tests::write_bytes(folder_ / "c.tar", tar_member("x.txt", "1") + sctab::tests::tar_end());
  SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(folder_ / "c.tar"), core::InputError, "c.tar",
                          "holds no matrix of cells");
}

TEST_F(FindParts, NamesDamageOfArchives) {
  files_.write(folder_ / "m");
  const std::string bytes = tar_member("matrix.mtx", files_.matrix()) + tar_member("barcodes.tsv", files_.barcodes) +
                            tar_member("features.tsv", files_.features) + sctab::tests::tar_end();
  const std::string packed = sctab::tests::gzip_bytes(bytes);
  for (std::size_t i = 1; i < 30; ++i) {
    SCOPED_TRACE(i);
    sctab::tests::write_bytes(folder_ / "a.tar.gz", packed.substr(0, packed.size() * i / 30));
    SCTAB_EXPECT_THROW_WITH((void)formats::open_cells(folder_ / "a.tar.gz"), core::InputError, "a.tar.gz", "cut off");
    sctab::tests::write_bytes(folder_ / "a.tar", bytes.substr(0, (bytes.size() - 1024) * i / 30));
    SCTAB_EXPECT_THROW_WITH((void)Folder(folder_ / "a.tar"), core::InputError, "a.tar", "cut off");
  }
}

TEST_F(FindParts, SeesFilesOfSpaceRanger) {
  files_.write(folder_ / "outs/filtered_feature_bc_matrix");
  EXPECT_FALSE(has_tissue_positions(folder_ / "outs"));
  fs::create_directories(folder_ / "outs/spatial");
  sctab::tests::write_bytes(folder_ / "outs/spatial/tissue_positions_list.csv", "");
  EXPECT_TRUE(has_tissue_positions(folder_ / "outs"));
  EXPECT_TRUE(has_tissue_positions(folder_ / "outs/filtered_feature_bc_matrix"));
  for (const char* path : {"outs", "outs/filtered_feature_bc_matrix/", "outs/filtered_feature_bc_matrix/matrix.mtx"}) {
    const auto notes = Folder(folder_ / path).notes();
    ASSERT_EQ(notes.size(), 1U) << path;
    EXPECT_EQ(notes.front(), kSpotsNote);
  }
}

}  // namespace
}  // namespace sctab::mtx
