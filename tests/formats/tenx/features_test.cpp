#include "sctab/formats/tenx/features.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::tenx {
namespace {

using formats::Strings;

TEST(Features, HasOneToManyColumns) {
  const Features one = parse_features("ENSG00000000003\nENSG00000000005\n", "genes.tsv");
  EXPECT_EQ(one.ids, (Strings{"ENSG00000000003", "ENSG00000000005"}));
  EXPECT_TRUE(one.names.empty());
  const Features two = parse_features("ENSG00000000003\tTSPAN6\r\nENSG00000000005\tTNMD", "genes.tsv");
  EXPECT_EQ(two.names, (Strings{"TSPAN6", "TNMD"}));
  EXPECT_TRUE(two.types.empty());
  const Features six =
      parse_features("ENSG1\tA\tGene Expression\tchr1\t10\t20\nCD3\tCD3\tAntibody Capture\t\t\t\n", "f");
  EXPECT_EQ(six.types, (Strings{"Gene Expression", "Antibody Capture"}));
  const Features others = parse_features("ENSG1\tA\tchr1\nENSG2\tB\tchr2\n", "f");
  EXPECT_TRUE(others.types.empty());
  const Features quoted = parse_features("\"ENSG1\"\t\"A\"\n", "f");
  EXPECT_EQ(quoted.ids, Strings{"ENSG1"});
  EXPECT_EQ(quoted.names, Strings{"A"});
}

TEST(Features, NamesTheLineThatDiffers) {
  SCTAB_EXPECT_THROW_WITH((void)parse_features("a\tb\nc\n", "f.tsv"), core::InputError, "f.tsv, line 2", "1 column",
                          "expected 2");
  SCTAB_EXPECT_THROW_WITH((void)parse_features("a\tb\n\tc\n", "f.tsv"), core::InputError, "f.tsv, line 2", "no id");
}

TEST(Features, SplitsGenomes) {
  const Features both =
      parse_features("GRCh38_ENSG00000000003\tGRCh38_TSPAN6\nmm10___ENSMUSG00000000001\tmm10___Gnai3\n", "f");
  EXPECT_EQ(both.ids, (Strings{"ENSG00000000003", "ENSMUSG00000000001"}));
  EXPECT_EQ(both.names, (Strings{"TSPAN6", "Gnai3"}));
  EXPECT_EQ(both.genomes, (Strings{"GRCh38", "mm10"}));
}

TEST(GeneChoice, LeavesOutWhatIsNotAGene) {
  const Features features = parse_features(
      "ENSG00000000003\tA\tGene Expression\nCD3\tCD3\tAntibody Capture\nENSG00000000005\tB\tGene Expression\n"
      "HTO\tHTO\tMultiplexing Capture\nCD4\tCD4\tAntibody Capture\n",
      "f");
  const GeneChoice choice = choose_genes(features, "f");
  EXPECT_EQ(choice.n_genes, 2);
  EXPECT_EQ(choice.gene_of_feature, (std::vector<core::GeneIndex>{0, -1, 1, -1, -1}));
  EXPECT_EQ(choice.note, "left out 3 features that are not genes: Antibody Capture (2), Multiplexing Capture (1)");
  EXPECT_EQ(gene_names(features, choice), (Strings{"ENSG00000000003", "ENSG00000000005"}));
  EXPECT_EQ(gene_symbols(features, choice), (Strings{"A", "B"}));
}

TEST(GeneChoice, RefusesFilesWithoutGenes) {
  const Features antibodies = parse_features("CD3\tCD3\tAntibody Capture\nCD4\tCD4\tAntibody Capture\n", "f.tsv");
  SCTAB_EXPECT_THROW_WITH((void)choose_genes(antibodies, "f.tsv"), core::InputError, "f.tsv",
                          "Antibody Capture (2) alone");
  for (const char* names : {"CD3\nCD4\nunmapped\n", "TotalSeq-C-001-AACAAGACCCTTGAG\n", "CD3-CTCATTGTAACTCCT\n",
                            "CD3_TotalSeqB\nCD4_TotalSeqB\nCD8A\n"}) {
    SCOPED_TRACE(names);
    SCTAB_EXPECT_THROW_WITH((void)choose_genes(parse_features(names, "f.tsv"), "f.tsv"), core::InputError,
                            "antibodies or tags");
  }
  // Genes all the same.
  EXPECT_EQ(choose_genes(parse_features("HLA-A\nCD3D\nMT-CO1\nAC004556.1\n", "f"), "f").n_genes, 4);
}

TEST(GeneChoice, TakesSymbolsWhereIdsAreNot) {
  const Features features = parse_features("gene1\tA\ngene2\t\n", "f");
  const GeneChoice choice = choose_genes(features, "f");
  EXPECT_EQ(gene_names(features, choice), (Strings{"A", "gene2"}));
  EXPECT_TRUE(gene_symbols(features, choice).empty());
  EXPECT_TRUE(choice.note.empty());
}

}  // namespace
}  // namespace sctab::tenx
