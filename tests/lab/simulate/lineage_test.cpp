#include "lab/simulate/lineage.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>

#include "support/fixtures.hpp"

namespace sctab::simulate {
namespace {

using ::testing::IsEmpty;

std::set<std::string> as_set(const std::vector<std::string>& values) {
  return {values.begin(), values.end()};
}

TEST(Lineage, IsACompleteGraph) {
  const auto ontology = lineage();
  EXPECT_EQ(ontology.size(), static_cast<ontology::TermIndex>(lineage_terms().size()));
  EXPECT_THAT(ontology.report().missing_parents, IsEmpty());
  EXPECT_THAT(ontology.report().cycles, IsEmpty());
  std::set<std::string_view> ids;
  for (const LineageTerm& term : lineage_terms()) {
    EXPECT_TRUE(ontology::looks_like_cl_id(term.id)) << term.id;
    EXPECT_TRUE(ids.insert(term.id).second) << term.id;
    EXPECT_EQ(term.parents.empty(), term.id == ontology::kCell) << term.id;
  }
}

TEST(Lineage, EveryTypeIsDeepBelowNativeCellAndNotBelowAnother) {
  const auto ontology = lineage();
  const auto native = ontology.find(ontology::kNativeCell).value();
  std::set<ontology::TermIndex> above;
  std::set<std::size_t> depths;
  for (const CellType& type : cell_types()) {
    const auto term = ontology.find(type.id);
    ASSERT_TRUE(term.has_value()) << type.id;
    const auto ancestors = ontology.ancestors(*term);
    EXPECT_GT(ancestors.size(), 7U) << type.id;
    depths.insert(ancestors.size());
    EXPECT_TRUE(ontology.is_a(*term, native)) << type.id;
    above.insert(*term);
    above.insert(ancestors.begin(), ancestors.end());
    for (const CellType& other : cell_types()) {
      EXPECT_EQ(ontology.is_a(*term, ontology.find(other.id).value()), type.id == other.id) << type.id << other.id;
    }
    EXPECT_TRUE(std::ranges::any_of(type.abundance, [](float share) { return share > 0; })) << type.id;
  }
  EXPECT_EQ(above.size(), lineage_terms().size()) << "terms that no type needs";
  EXPECT_GE(depths.size(), 6U) << "labels are at mixed depths";
}

TEST(Lineage, TheFirstTypesCoverEveryTissue) {
  for (std::size_t tissue = 0; tissue < kTissues; ++tissue) {
    const auto here =
        std::ranges::count_if(cell_types().first(24), [&](const CellType& type) { return type.abundance[tissue] > 0; });
    EXPECT_GE(here, 5) << tissues()[tissue].name;
  }
}

TEST(Lineage, WritesAnOboFileThatReadsBack) {
  const tests::TemporaryFolder folder;
  write_lineage_obo(folder / "ontology.obo");
  const auto read = ontology::Ontology::load(folder / "ontology.obo"), built = lineage();
  EXPECT_EQ(read.version(), kLineageRelease);
  ASSERT_EQ(read.size(), built.size());
  for (ontology::TermIndex term = 0; term < built.size(); ++term) {
    EXPECT_EQ(read.term(term).id, built.term(term).id);
    EXPECT_EQ(read.term(term).name, built.term(term).name);
    EXPECT_EQ(read.term(term).parents, built.term(term).parents);
  }
}

TEST(Lineage, AgreesWithTheCellOntology) {
  SCTAB_NEED_SHARED(obo, "data/ontology/cl_2023-07-20.obo");
  const auto release = ontology::Ontology::load(obo), ours = lineage();
  EXPECT_EQ(release.version(), kLineageRelease);
  for (ontology::TermIndex i = 0; i < ours.size(); ++i) {
    const auto& term = ours.term(i);
    const auto found = release.find(term.id);
    ASSERT_TRUE(found.has_value()) << term.id;
    EXPECT_EQ(release.term(*found).name, term.name);
    EXPECT_FALSE(release.term(*found).obsolete) << term.id;
    std::set<std::string> parents;
    for (const auto parent : release.parents(*found)) parents.insert(release.term(parent).id);
    EXPECT_EQ(as_set(term.parents), parents) << term.id;
    EXPECT_EQ(ours.ancestors(i).size(), release.ancestors(*found).size()) << term.id;
  }
}

}  // namespace
}  // namespace sctab::simulate
