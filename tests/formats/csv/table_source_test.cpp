#include "sctab/formats/csv/table_source.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"

namespace sctab::csv {
namespace {

using formats::Orientation;
using formats::Strings;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Dense = std::vector<std::vector<float>>;

Dense rows_of(const TableSource& source, core::CellIndex max_cells = 2) {
  const auto reader = source.read_rows("X", {.memory_bytes = 1'000'000, .temporary_folder = {}, .threads = 2});
  Dense rows;
  for (sparse::CsrMatrix block; reader->next(max_cells, block);) {
    EXPECT_LE(block.n_cells, max_cells);
    for (core::CellIndex cell = 0; cell < block.n_cells; ++cell) {
      std::vector<float>& row = rows.emplace_back(static_cast<std::size_t>(block.n_genes), 0.0F);
      const sparse::RowView view = block.row(cell);
      EXPECT_TRUE(sparse::strictly_ascending(view.indices));
      for (std::size_t i = 0; i < view.data.size(); ++i) row[static_cast<std::size_t>(view.indices[i])] = view.data[i];
    }
  }
  return rows;
}

class CsvTable : public testing::Test {
 protected:
  TableSource open(const std::string& content, Orientation orientation = Orientation::kDetect,
                   const char* name = "a.csv") const {
    tests::write_bytes(folder_ / name, content);
    return TableSource(folder_ / name, formats::OpenOptions{.orientation = orientation});
  }
  void expect_refused(const std::string& content, const std::vector<std::string>& parts) const {
    try {
      const TableSource source = open(content);
      (void)source.find_counts(formats::InputKind::kCounts, "");
      (void)rows_of(source);
      ADD_FAILURE() << "is not refused: " << content;
    } catch (const core::InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr((folder_ / "a.csv").string()));
      for (const std::string& part : parts) EXPECT_THAT(error.what(), HasSubstr(part));
    }
  }
  tests::TemporaryFolder folder_;
};

const Dense kRows = {{0, 1, 0}, {2, 0, 0.5F}, {0, 0, 0}};  // of cells c1 to c3, genes CD3D, LYZ, ACTB

std::string cells_by_genes(char separator) {
  std::string text = ",CD3D,LYZ,ACTB\nc1,0,1,0\nc2,2,0,0.5\nc3,0,0,0\n";
  std::ranges::replace(text, ',', separator);
  return text;
}

void expect_cells(const TableSource& source) {
  EXPECT_EQ(source.n_cells(), 3);
  EXPECT_THAT(source.obs_names(), ElementsAre("c1", "c2", "c3"));
  EXPECT_THAT(source.gene_names("X"), ElementsAre("CD3D", "LYZ", "ACTB"));
  EXPECT_THAT(source.gene_symbols("X"), IsEmpty());
  EXPECT_THAT(source.obs_columns(), IsEmpty());
  for (const core::CellIndex cells : {1, 2, 100}) EXPECT_EQ(rows_of(source, cells), kRows);
}

TEST_F(CsvTable, HasCellsOrGenesInItsLines) {
  for (const char separator : {',', '\t', ';'}) {
    SCOPED_TRACE(separator);
    const TableSource source = open(cells_by_genes(separator));
    EXPECT_FALSE(source.is_genes_by_cells());
    expect_cells(source);
  }
  const TableSource turned = open("gene\tc1\tc2\tc3\nCD3D\t0\t2\t0\nLYZ\t1\t0\t0\nACTB\t0\t0.5\t0\n");
  EXPECT_TRUE(turned.is_genes_by_cells());
  expect_cells(turned);
}

TEST_F(CsvTable, MayBeWrittenInManyWays) {
  expect_cells(open("\xEF\xBB\xBF" + cells_by_genes(',')));
  expect_cells(open(tests::gzip_bytes(cells_by_genes(','))));
  expect_cells(open("\"\",\"CD3D\",\"LYZ\",\"ACTB\"\r\n\"c1\",\"0\",\"1\",\"0\"\r\n\"c2\",2,0,0.5\r\n\"c3\",0,0,0"));
  expect_cells(open("CD3D LYZ ACTB\nc1 0 1 0\nc2 2 0 0.5\nc3 0 0 0\n"));  // as R's write.table has it
  expect_cells(open("  CD3D  LYZ ACTB\nc1   0   1  0.0\n c2   2   0  0.5 \nc3 0 0 0\n"));
  expect_cells(open("# made by hand\n#\n\n" + cells_by_genes(',') + "\n \n"));
  expect_cells(open("#barcode,CD3D,LYZ,ACTB\nc1,0,1,0\nc2,2,0,0.5\nc3,0,0,0\n", Orientation::kCellsByGenes));
}

TEST_F(CsvTable, MayEndItsLinesInASeparator) {
  const TableSource source = open("cell,CD3D,LYZ,ACTB,\nc1,0,1,0,\nc2,2,0,0.5,\nc3,0,0,0,\n");
  EXPECT_THAT(source.gene_names("X"), ElementsAre("CD3D", "LYZ", "ACTB"));
  EXPECT_EQ(rows_of(source), kRows);
}

TEST_F(CsvTable, GivesOneClaimToEachThread) {
  std::string text = "cell";
  for (int gene = 0; gene < 50; ++gene) text += fmt::format(",ENSG{:011}", gene);
  for (int cell = 0; cell < 700; ++cell) {
    text += fmt::format("\ncell-{}", cell);
    for (int gene = 0; gene < 50; ++gene)
      text += fmt::format(",{}", (cell * 31 + gene * 7) % 11 == 0 ? cell + gene : 0);
  }
  for (const std::string& content : {text, tests::gzip_bytes(text)}) {
    const TableSource source = open(content);
    const auto reader = source.read_rows("X", {});
    std::vector<formats::RowReader::Work> works;
    while (auto work = reader->claim(64)) works.push_back(std::move(work));
    ASSERT_EQ(works.size(), 11);
    for (std::size_t i = works.size(); i-- > 0;) {
      sparse::CsrMatrix block;
      works[i](block);
      ASSERT_EQ(block.n_cells, i == 10 ? 60 : 64);
      for (core::CellIndex row = 0; row < block.n_cells; ++row) {
        const int cell = static_cast<int>(i) * 64 + static_cast<int>(row);
        for (std::size_t k = 0; k < block.row(row).data.size(); ++k) {
          const int gene = block.row(row).indices[k];
          EXPECT_EQ((cell * 31 + gene * 7) % 11, 0);
          EXPECT_EQ(block.row(row).data[k], static_cast<float>(cell + gene));
        }
      }
    }
  }
}

TEST_F(CsvTable, KnowsLabelsOfCellsFromGenes) {
  const TableSource source = open(
      "barcode,cell_type,age,TP53,EPCAM,GENE1,nCount_RNA,percent.mt,donor\n"
      "AAAC-1,T cell,40,1,0,2,3,0.5,d1\nAAAG-1,NA,41,0,0,7,7,,d2\n");
  EXPECT_THAT(source.obs_names(), ElementsAre("AAAC-1", "AAAG-1"));
  EXPECT_THAT(source.gene_names("X"), ElementsAre("TP53", "EPCAM", "GENE1"));
  EXPECT_THAT(source.obs_columns(), ElementsAre("cell_type", "age", "nCount_RNA", "percent.mt", "donor"));
  EXPECT_EQ(rows_of(source), (Dense{{1, 0, 2}, {0, 0, 7}}));
  EXPECT_EQ(source.obs_as_text("cell_type").value(0), "T cell");
  EXPECT_EQ(source.obs_as_text("cell_type").codes[1], -1);
  EXPECT_EQ(std::get<formats::Integers>(source.obs("age").values), (formats::Integers{40, 41}));
  EXPECT_EQ(source.obs_as_text("percent.mt").codes[1], -1);
  EXPECT_TRUE(source.has_obs("donor"));
  EXPECT_FALSE(source.has_obs("TP53"));
  EXPECT_THAT(source.notes(), Contains(HasSubstr("cell_type, age, nCount_RNA, percent.mt, donor")));
  SCTAB_EXPECT_THROW_WITH((void)source.obs("none"), core::InputError, "has no column 'none'", "cell_type");
}

TEST_F(CsvTable, KnowsColumnsOfGenesFromCells) {
  const TableSource source = open(
      "gene_id\tgene_name\tlength\tAAACCTGAGA\tAAACCTGAGC\n"
      "ENSG00000000003.14\tTSPAN6\t2000\t1\t0\nENSG00000000005.5\tTNMD\t1000\t0\t4\n");
  EXPECT_TRUE(source.is_genes_by_cells());
  EXPECT_THAT(source.gene_names("X"), ElementsAre("ENSG00000000003.14", "ENSG00000000005.5"));
  EXPECT_THAT(source.gene_symbols("X"), ElementsAre("TSPAN6", "TNMD"));
  EXPECT_THAT(source.obs_names(), ElementsAre("AAACCTGAGA", "AAACCTGAGC"));
  EXPECT_EQ(rows_of(source), (Dense{{1, 0}, {0, 4}}));
  EXPECT_THAT(source.notes(), Contains(HasSubstr("gene_name, length")));
  // The ids may be the second column.
  EXPECT_THAT(open("symbol,ensembl,c1,c2\nTSPAN6,ENSG00000000003,1,2\nTNMD,ENSG00000000005,0,4\n").gene_names("X"),
              ElementsAre("ENSG00000000003", "ENSG00000000005"));
}

TEST_F(CsvTable, MayHaveTwoLinesOfNames) {
  const TableSource cells =
      open("symbol,TSPAN6,TNMD,DPM1\nid,ENSG00000000003,ENSG00000000005,ENSG00000000419\nc1,1,0,2\nc2,0,3,0\n");
  EXPECT_FALSE(cells.is_genes_by_cells());
  EXPECT_THAT(cells.gene_names("X"), ElementsAre("ENSG00000000003", "ENSG00000000005", "ENSG00000000419"));
  EXPECT_THAT(cells.gene_symbols("X"), ElementsAre("TSPAN6", "TNMD", "DPM1"));
  EXPECT_EQ(rows_of(cells), (Dense{{1, 0, 2}, {0, 3, 0}}));
  const TableSource genes = open("gene,c1,c2,c3\ntissue,lung,lung,liver\nCD3D,1,2,0\nLYZ,0,0,3\n");
  EXPECT_TRUE(genes.is_genes_by_cells());
  EXPECT_THAT(genes.obs_columns(), ElementsAre("tissue"));
  EXPECT_EQ(genes.obs_as_text("tissue").value(2), "liver");
  EXPECT_EQ(rows_of(genes), (Dense{{1, 0}, {2, 0}, {0, 3}}));
}

TEST_F(CsvTable, TellsLinesOfCellsFromLinesOfGenes) {
  const auto is_turned = [this](const std::string& text) { return open(text).is_genes_by_cells(); };
  EXPECT_TRUE(is_turned(",AAACCTGAGA-1,AAACCTGAGC-1\nx1,1,0\nx2,0,2\n"));  // barcodes
  EXPECT_FALSE(is_turned(",x1,x2\nAAACCTGAGA-1,1,0\nAAACCTGAGC-1,0,2\n"));
  EXPECT_TRUE(is_turned("Gene,a,b\nx1,1,0\nx2,0,2\n"));  // titles
  EXPECT_FALSE(is_turned("Cell ID,a,b\nx1,1,0\nx2,0,2\n"));
  EXPECT_TRUE(is_turned("name,length,a,b\nx1,100,1,0\nx2,101,0,2\n"));
  EXPECT_FALSE(is_turned("name,total_counts,a,b\nx1,1,1,0\nx2,2,0,2\n"));
  EXPECT_FALSE(is_turned(",ENSMUSG00000000001,ENSMUSG00000000003\n1,1,0\n2,0,2\n"));  // numbers for names of cells
  const std::string unclear = ",a,b,c\nx,1,0,0\ny,0,2,0\n";
  SCTAB_EXPECT_THROW_WITH(open(unclear), core::InputError, "names neither its lines nor its columns", "--orientation");
  EXPECT_EQ(rows_of(open(unclear, Orientation::kGenesByCells)), (Dense{{1, 0}, {0, 2}, {0, 0}}));
  EXPECT_EQ(rows_of(open(unclear, Orientation::kCellsByGenes)), (Dense{{1, 0, 0}, {0, 2, 0}}));
  EXPECT_THAT(open(unclear, Orientation::kGenesByCells).notes().front(),
              HasSubstr("Read as 3 cells × 2 genes, one gene a line: --orientation says so."));
}

TEST_F(CsvTable, NumbersCellsWithoutNames) {
  const TableSource source = open("CD3D,LYZ,ACTB\n1,0,2\n0,3,0\n");
  EXPECT_THAT(source.obs_names(), ElementsAre("1", "2"));
  EXPECT_EQ(rows_of(source), (Dense{{1, 0, 2}, {0, 3, 0}}));
  EXPECT_THAT(source.notes(), Contains(HasSubstr("have no names")));
  const TableSource typed = open("cell_type,CD3D,LYZ,ACTB\nT,1,0,2\nT,0,3,0\n");
  EXPECT_THAT(typed.obs_names(), ElementsAre("1", "2"));
  EXPECT_THAT(typed.obs_columns(), ElementsAre("cell_type"));
}

TEST_F(CsvTable, AllowsRepeatedNames) {
  const TableSource source = open(",CD3D,CD3D,LYZ\nc1,1,0,2\nc1,0,3,0\n");
  EXPECT_THAT(source.obs_names(), ElementsAre("c1", "c1"));
  EXPECT_THAT(source.gene_names("X"), ElementsAre("CD3D", "CD3D", "LYZ"));
}

TEST_F(CsvTable, FindsCounts) {
  formats::CountsSource counts = open(cells_by_genes(',')).find_counts(formats::InputKind::kLogNormalised, "X");
  EXPECT_TRUE(counts.log_normalised);
  counts = open(",CD3D,LYZ\nc1,1,0\nc2,2,30\n").find_counts(formats::InputKind::kCounts, "");
  EXPECT_EQ(counts.matrix_path, "X");
  EXPECT_TRUE(counts.integers);
  EXPECT_EQ(counts.n_genes, 2);
  EXPECT_EQ(counts.nnz, 4);
  SCTAB_EXPECT_THROW_WITH((void)open(cells_by_genes(',')).find_counts(formats::InputKind::kCounts, "layers/counts"),
                          core::InputError, "has no matrix 'layers/counts'");
  expect_refused(",CD3D,LYZ\nc1,-1,0\nc2,2,30.5\n", {"no raw counts found"});
}

TEST_F(CsvTable, RefusesWhatIsNoTable) {
  expect_refused("", {"is empty"});
  expect_refused("\n\n", {"is empty"});
  expect_refused(tests::gzip_bytes(""), {"is empty"});
  expect_refused(",CD3D,LYZ\n", {"has one line, and no rows below it"});
  expect_refused("one\ntwo\n", {"line 2: has a single field"});
  expect_refused("a,b\nc,d\n", {"line 2: has no column of numbers"});
  expect_refused("1,2,3\n0,2,2\n1,1,1\n", {"names neither its lines nor its columns"});
  expect_refused("0,2,2\n1,0,0\n", {"line 1: holds numbers, not names of columns", "add a first line"});
  expect_refused(std::string("\x89HDF\r\n\x1a\n\0\0\0", 11), {"not UTF-8"});
  expect_refused(std::string("a,b\n\0\0,1\n", 9), {"line 2: has a byte 0"});
  expect_refused("\xFF\xFE,\n", {"is UTF-16 text"});
  expect_refused(",CD3D\rc1,1\rc2,0", {"ends lines in CR alone"});
  expect_refused("\xE9,CD3D,LYZ\nc1,1,0\n", {"line 1: is not UTF-8 text"});
  SCTAB_EXPECT_THROW_WITH(TableSource(folder_ / "none.csv"), core::InputError, "none.csv", "no such file");
}

TEST_F(CsvTable, RefusesDamagedRows) {
  std::string good = ",CD3D,LYZ,ACTB\n";
  for (int i = 0; i < 100; ++i) good += fmt::format("c{},0,1,0\n", i);
  expect_refused(good + "c,0,NA,0\n", {"line 102: column 3 (LYZ): 'NA'; expected a number"});
  expect_refused(good + "c,0,nan,0\n", {"line 102: column 3 (LYZ): 'nan'"});
  expect_refused(good + "c,0,,0\n", {"line 102: column 3 (LYZ): nothing between its separators", "write 0"});
  expect_refused(good + "c,0,\"1,5\",0\n", {"line 102: column 3 (LYZ): '1,5'", "decimals with a point"});
  expect_refused(good + "c,0,1\n", {"line 102: 3 fields; expected 4"});
  expect_refused(good + "c,0,1,0,0\n", {"line 102: 5 fields; expected 4"});
  expect_refused(good + "\"c,0,1,0\n", {"line 102: a quote is not closed"});
  expect_refused(good + "c\xE9,0,1,0\n", {"line 102: column 1: is not UTF-8"});
  expect_refused(good + "\nc,0,1,0\n", {"line 102: is empty, with rows below it"});
  expect_refused(good + "c,0,inf,0\n", {"line 102: column 3 (LYZ): 'inf'"});
  expect_refused(",CD3D,LYZ,ACTB\nc1,0,1\n", {"line 2: 3 fields between commas", "4"});
  expect_refused("gene,c1,c2,c3,c4\nCD3D,0,1,0,2\nLYZ,0,1,#VALUE!,3\n", {"column 4 (c3): holds text among columns"});
}

TEST_F(CsvTable, RefusesAFileThatChanges) {
  const TableSource source = open(cells_by_genes(','));
  tests::write_bytes(folder_ / "a.csv", ",CD3D,LYZ,ACTB\nc1,0,1,0\n");
  SCTAB_EXPECT_THROW_WITH((void)rows_of(source), core::InputError, "changed while it was read");
  SCTAB_EXPECT_THROW_WITH(source.require_unchanged(), core::InputError, "changed while it was read");
}

TEST_F(CsvTable, RefusesDamagedGzip) {
  std::string text = ",CD3D,LYZ,ACTB\n";
  for (int i = 0; i < 3'000; ++i) text += fmt::format("c{},{},1,{}\n", i, i * 7919 % 100, i * 31 % 17);
  const std::string packed = tests::gzip_bytes(text);
  for (int tenth = 1; tenth < 10; ++tenth) {
    const std::size_t at = packed.size() * static_cast<std::size_t>(tenth) / 10;
    expect_refused(packed.substr(0, at), {"is cut off within its gzip stream"});
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    expect_refused(damaged, {});
  }
}

TEST_F(CsvTable, IsRecognised) {
  const auto is_recognised = [this](const char* name, const std::string& content) {
    tests::write_bytes(folder_ / name, content);
    return is_table(folder_ / name);
  };
  EXPECT_TRUE(is_recognised("counts", cells_by_genes('\t')));
  EXPECT_TRUE(is_recognised("counts.dat", tests::gzip_bytes(cells_by_genes(','))));
  EXPECT_TRUE(is_recognised("empty.csv", ""));
  EXPECT_TRUE(is_recognised("empty.tsv.gz", ""));
  EXPECT_FALSE(is_recognised("text", "Dear all,\nplease find attached, as ever, the file.\n"));
  EXPECT_FALSE(is_recognised("binary", std::string("\0\1\2,3\n4,5", 9)));
  EXPECT_FALSE(is_recognised("image.gz", "PK"));
}

TEST_F(CsvTable, TakesNoResults) {
  SCTAB_EXPECT_THROW_WITH((void)open(cells_by_genes(',')).copy_to(folder_ / "out"), core::InputError, "-o FILE.csv");
}

}  // namespace
}  // namespace sctab::csv
