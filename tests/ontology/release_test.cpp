#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "sctab/ontology/ontology.hpp"
#include "support/fixtures.hpp"

namespace sctab::ontology {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct PaperType {
  std::string name, id;
};

/// The first two columns of cell_types_164.csv; names with a comma are in quotes.
std::vector<PaperType> read_paper_types(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<PaperType> types;
  std::string line;
  for (std::getline(file, line); std::getline(file, line);) {
    const bool quoted = line.starts_with('"');
    const auto end = quoted ? line.find('"', 1) : line.find(',');
    const auto id_begin = line.find("CL:", end);
    types.push_back({line.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0)), line.substr(id_begin, 10)});
  }
  return types;
}

TEST(Release, AllButOneOfThePapersTypesHaveMoreThanSevenAncestors) {
  SCTAB_NEED_SHARED(obo, "data/ontology/cl_2023-07-20.obo");
  SCTAB_NEED_SHARED(csv, "data/sctab_paper/cell_types_164.csv");
  const auto ontology = Ontology::load(obo);
  const auto types = read_paper_types(csv);
  ASSERT_EQ(types.size(), 164U);
  const auto native_cell = ontology.find(kNativeCell).value();
  std::vector<std::string> with_few;
  TermIndex fewest_of_others = ontology.size();
  for (const auto& type : types) {
    const auto found = ontology.find(type.id);
    ASSERT_TRUE(found) << type.id;
    EXPECT_EQ(ontology.resolve(type.id), found);
    EXPECT_EQ(ontology.term(*found).name, type.name);
    EXPECT_NE(*found, native_cell);
    EXPECT_TRUE(ontology.is_a(*found, native_cell)) << type.name;
    const auto n = static_cast<TermIndex>(ontology.ancestors(*found).size());
    if (n > 7) {
      fewest_of_others = std::min(fewest_of_others, n);
    } else {
      with_few.push_back(type.name);
    }
  }
  EXPECT_THAT(with_few, ElementsAre("oligodendrocyte precursor cell"));
  EXPECT_EQ(fewest_of_others, 8) << "so the bound of more than 7 is tight";
  EXPECT_EQ(ontology.ancestors(ontology.find("CL:0002453").value()).size(), 4U);
}

TEST(Release, ReadsTheReleaseOf2023) {
  SCTAB_NEED_SHARED(obo, "data/ontology/cl_2023-07-20.obo");
  const auto ontology = Ontology::load(obo);
  EXPECT_EQ(ontology.version(), "cl/releases/2023-07-20");
  EXPECT_EQ(ontology.size(), 2961);
  EXPECT_THAT(ontology.report().missing_parents, IsEmpty());
  EXPECT_THAT(ontology.report().cycles, IsEmpty());
  TermIndex n_obsolete = 0;
  for (TermIndex t = 0; t < ontology.size(); ++t) n_obsolete += ontology.term(t).obsolete ? 1 : 0;
  EXPECT_EQ(n_obsolete, 244);
  const auto cell = ontology.find(kCell).value();
  EXPECT_THAT(ontology.parents(cell), IsEmpty()) << "UBERON is left out";
  EXPECT_THAT(ontology.term(ontology.find("CL:0000084").value()).exact_synonyms, Contains("T-lymphocyte"));
}

TEST(Release, ReadsAnOboAsItsAuthorsPublishIt) {
  SCTAB_NEED_SHARED(obo, "data/ontology/cl-basic_2022-12-15.obo");
  const auto ontology = Ontology::load(obo);
  EXPECT_EQ(ontology.version(), "cl/releases/2022-12-15/cl-basic.owl");
  EXPECT_EQ(ontology.size(), 2795) << "neither the CP terms nor the typedefs";
  EXPECT_THAT(ontology.report().missing_parents, IsEmpty());
  EXPECT_THAT(ontology.report().cycles, IsEmpty());
  EXPECT_EQ(ontology.term(ontology.find("CL:4030032").value()).name, "valve interstitial cell")
      << "its name has qualifiers behind it";
  EXPECT_EQ(ontology.find("CL:0000337"), std::nullopt);
  EXPECT_EQ(ontology.resolve("CL:0000337"), ontology.find("CL:0000031")) << "merged";
  EXPECT_TRUE(ontology.term(ontology.find("CL:0000002").value()).obsolete);
  EXPECT_EQ(ontology.resolve("CL:0000002"), std::nullopt) << "replaced by a term of another ontology";
}

TEST(Release, APartForThePapersTypesRoundTrips) {
  SCTAB_NEED_SHARED(obo, "data/ontology/cl-basic_2022-12-15.obo");
  SCTAB_NEED_SHARED(csv, "data/sctab_paper/cell_types_164.csv");
  const auto whole = Ontology::load(obo);
  std::vector<TermIndex> terms;
  for (const auto& type : read_paper_types(csv)) terms.push_back(whole.find(type.id).value());
  const auto part = Ontology::from_json(whole.to_json(terms), "part");
  EXPECT_LT(part.size(), 500);
  std::vector<TermIndex> terms_of_part;
  for (const TermIndex t : terms) terms_of_part.push_back(part.find(whole.term(t).id).value());
  const SubtypeMatrix of_whole(whole, terms), of_part(part, terms_of_part);
  for (std::size_t parent = 0; parent < terms.size(); ++parent) {
    EXPECT_EQ(part.ancestors(terms_of_part[parent]).size(), whole.ancestors(terms[parent]).size());
    for (std::size_t child = 0; child < terms.size(); ++child) {
      EXPECT_EQ(of_part.is_subtype(parent, child), of_whole.is_subtype(parent, child));
    }
  }
}

}  // namespace
}  // namespace sctab::ontology
