#include "sctab/corpus/gene_space.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"
#include "support/fixtures.hpp"

namespace sctab::corpus {
namespace {

using Names = std::vector<std::string>;

Names targets(const GeneSpace& space, std::size_t source) {
  Names names;
  for (const GeneIndex gene : space.alignment(source).target_of_source()) {
    names.push_back(gene < 0 ? "-" : space.genes().ids[static_cast<std::size_t>(gene)]);
  }
  return names;
}

TEST(GeneSpace, UnitesSourcesInOrderOfFirstAppearance) {
  GeneSpace space({}, {});
  space.add(Names{"ENSG00000000002.3", "ENSG00000000001"}, Names{"B", ""});
  space.add(Names{"ENSG00000000003", "ENSG00000000002"}, Names{"C", "Bee"});
  space.finish();
  EXPECT_EQ(space.genes().ids, (Names{"ENSG00000000002", "ENSG00000000001", "ENSG00000000003"}));
  EXPECT_EQ(space.genes().symbols, (Names{"B", "", "C"}));
  EXPECT_EQ(targets(space, 0), (Names{"ENSG00000000002", "ENSG00000000001"}));
  EXPECT_EQ(targets(space, 1), (Names{"ENSG00000000003", "ENSG00000000002"}));
}

TEST(GeneSpace, ASourceOfSymbolsUsesWhatOtherSourcesSay) {
  GeneSpace space({}, {});
  space.add(Names{"ENSG00000000001", "ENSG00000000002", "ENSG00000000003"}, Names{"A", "B", "B"});
  space.add(Names{"A", "B", "X"}, {});
  space.finish();
  EXPECT_EQ(targets(space, 1), (Names{"ENSG00000000001", "-", "-"}));  // B stands for two: never guessed
  EXPECT_EQ(space.id_kind(1), genes::GeneIdKind::kSymbol);
}

TEST(GeneSpace, TheListsSymbolsComeBeforeTheTableAndTheTableBeforeTheSources) {
  const tests::TemporaryFolder folder;
  core::write_file_atomically(folder / "genes.csv",
                              "id,symbol\nENSG00000000001,A\nENSG00000000002,\nENSG00000000003,\n");
  core::write_file_atomically(folder / "symbols.csv", "ENSG00000000009,A\nENSG00000000002,B\n");
  GeneSpace space(folder / "genes.csv", folder / "symbols.csv");
  space.add(Names{"A", "B", "C", "D"}, {});
  space.add(Names{"ENSG00000000003", "ENSG00000000007", "ENSG00000000001"}, Names{"C", "A", "B"});
  space.finish();
  EXPECT_EQ(targets(space, 0), (Names{"ENSG00000000001", "ENSG00000000002", "ENSG00000000003", "-"}));
  EXPECT_EQ(targets(space, 1), (Names{"ENSG00000000003", "-", "ENSG00000000001"}));
}

TEST(GeneSpace, RepeatedGenesShareATarget) {
  GeneSpace space({}, {});
  space.add(Names{"ENSG00000000001.1", "ENSG00000000001.2", "ENSG00000000001"}, {});
  space.finish();
  EXPECT_EQ(space.genes().size(), 1);
  EXPECT_EQ(space.alignment(0).n_repeated(), 2);
}

TEST(GeneSpace, TooFewGenesFoundNamesTheKindOfIds) {
  const tests::TemporaryFolder folder;
  std::string list;
  for (int i = 10; i < 30; ++i) list += "ENSG000000000" + std::to_string(i) + "\n";
  core::write_file_atomically(folder / "genes.csv", list);
  GeneSpace space(folder / "genes.csv", {});
  space.add(Names{"ENSG00000000010", "ENSG00000000011"}, {});  // exactly 10%
  space.add(Names{"Actb", "Gapdh", "ENSG00000000010"}, {});
  space.finish();
  EXPECT_NO_THROW(space.require_enough_found(0, "good.h5ad"));
  SCTAB_EXPECT_THROW_WITH(space.require_enough_found(1, "bad.h5ad"), core::InputError, "bad.h5ad",
                          "1 of the 20 genes of", "genes.csv", "gene symbols ('Actb'", "--symbols");
}

TEST(GeneSpace, SourcesWithoutEnsemblIdsNeedAList) {
  GeneSpace space({}, {});
  space.add(Names{"A1BG", "TP53"}, {});
  SCTAB_EXPECT_THROW_WITH(space.finish(), core::InputError, "gene symbols", "--genes");
}

TEST(GeneSpace, ARepeatedGeneInTheListIsNamed) {
  const tests::TemporaryFolder folder;
  core::write_file_atomically(folder / "genes.csv", "ENSG00000000001\nENSG00000000002\nENSG00000000001.4\n");
  SCTAB_EXPECT_THROW_WITH(GeneSpace(folder / "genes.csv", {}), core::InputError, "genes.csv", "line 3",
                          "ENSG00000000001");
}

}  // namespace
}  // namespace sctab::corpus
