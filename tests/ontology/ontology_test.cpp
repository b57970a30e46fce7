#include "sctab/ontology/ontology.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "ontology/random_ontology.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::ontology {
namespace {

using sctab::tests::cl_id;
using sctab::tests::term;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Ontology, AnswersAboutADiamond) {
  const Ontology ontology({term(4, {2, 3}), term(1), term(3, {1}), term(2, {1}), term(9)}, "v");
  ASSERT_EQ(ontology.size(), 5);
  EXPECT_EQ(ontology.term(3).id, "CL:0000004") << "terms are in the order of their ids";
  EXPECT_THAT(ontology.parents(3), ElementsAre(1, 2));
  EXPECT_THAT(ontology.ancestors(3), ElementsAre(0, 1, 2)) << "the root counts once though two paths lead there";
  EXPECT_THAT(ontology.ancestors(0), IsEmpty());
  EXPECT_TRUE(ontology.is_a(3, 0));
  EXPECT_TRUE(ontology.is_a(3, 3));
  EXPECT_FALSE(ontology.is_a(0, 3));
  EXPECT_FALSE(ontology.is_a(1, 2));
  EXPECT_FALSE(ontology.is_a(4, 0));
  EXPECT_EQ(ontology.find("CL:0000005"), std::nullopt);
  EXPECT_EQ(ontology.find(""), std::nullopt);
  EXPECT_THROW((void)ontology.ancestors(5), std::out_of_range);
}

TEST(Ontology, EmptyHasNothing) {
  const Ontology ontology({}, "v");
  EXPECT_EQ(ontology.size(), 0);
  EXPECT_EQ(ontology.find("CL:0000000"), std::nullopt);
  EXPECT_EQ(ontology.resolve("CL:0000000"), std::nullopt);
}

TEST(Ontology, RefusesARepeatedTerm) {
  SCTAB_EXPECT_THROW_WITH(Ontology({term(1), term(2), term(1)}, "v7"), core::InputError, "v7", "CL:0000001", "twice");
}

TEST(Ontology, AgreesWithBruteForceOnRandomGraphs) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto terms = sctab::tests::random_terms(1 + seed, core::Rng(seed), true);
    const auto above = sctab::tests::closure_reference(terms);
    auto shuffled = terms;
    core::Rng(seed).shuffle(std::span(shuffled));
    const Ontology ontology(shuffled, "v");
    EXPECT_THAT(ontology.report().cycles, IsEmpty());
    std::vector<TermIndex> labels(terms.size());
    std::iota(labels.begin(), labels.end(), 0);
    const SubtypeMatrix subtypes(ontology, labels);
    for (TermIndex a = 0; a < ontology.size(); ++a) {
      const auto ancestors = ontology.ancestors(a);
      for (TermIndex b = 0; b < ontology.size(); ++b) {
        const auto child = static_cast<std::size_t>(a), parent = static_cast<std::size_t>(b);
        const bool is_above = above[child][parent];
        EXPECT_EQ(ontology.is_a(a, b), is_above);
        EXPECT_EQ(subtypes.is_subtype(parent, child), is_above);
        EXPECT_EQ(std::binary_search(ancestors.begin(), ancestors.end(), b), a != b && is_above);
      }
    }
  }
}

TEST(Ontology, DropsWhatClosesACycle) {
  const Ontology ontology({term(1, {3}), term(2, {1}), term(3, {2, 3}), term(4, {3})}, "v");
  EXPECT_THAT(ontology.report().cycles,
              ElementsAre("CL:0000001 -> CL:0000003 -> CL:0000002 -> CL:0000001", "CL:0000003 -> CL:0000003"));
  EXPECT_THAT(ontology.ancestors(0), ElementsAre(1, 2)) << "1 is_a 3 is_a 2 stay, 2 is_a 1 went";
  EXPECT_THAT(ontology.ancestors(1), IsEmpty());
  EXPECT_THAT(ontology.ancestors(3), ElementsAre(1, 2));
}

TEST(Ontology, RandomCyclicGraphsBecomeAcyclicWhateverTheOrderOfTerms) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto terms = sctab::tests::random_terms(2 + seed, core::Rng(seed), false);
    const Ontology ontology(terms, "v");
    const auto above = sctab::tests::closure_reference(terms);
    for (TermIndex a = 0; a < ontology.size(); ++a) {
      const auto ancestors = ontology.ancestors(a);
      EXPECT_FALSE(std::binary_search(ancestors.begin(), ancestors.end(), a)) << "still a cycle, seed " << seed;
      for (const TermIndex b : ancestors) EXPECT_TRUE(above[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)]);
    }
    core::Rng(seed).shuffle(std::span(terms));
    for (auto& entry : terms) core::Rng(seed).shuffle(std::span(entry.parents));
    const Ontology again(terms, "v");
    EXPECT_EQ(again.report().cycles, ontology.report().cycles);
    EXPECT_EQ(again.to_json(), ontology.to_json());
  }
}

TEST(Ontology, ReportsMissingParentsAndGoesOn) {
  const Ontology ontology({term(1), term(2, {1, 77})}, "v");
  EXPECT_THAT(ontology.report().missing_parents, ElementsAre("CL:0000002 is_a CL:0000077"));
  EXPECT_THAT(ontology.parents(1), ElementsAre(0));
}

TEST(Ontology, ALongChainNeedsNoStack) {
  constexpr std::uint64_t kTerms = 200'000;  // with recursion, more than the 8 MB that a stack has
  std::vector<Term> terms;
  for (std::uint64_t t = 0; t < kTerms; ++t) terms.push_back(term(t, {t + 1 < kTerms ? t + 1 : 0}));
  const Ontology ontology(std::move(terms), "v");
  ASSERT_EQ(ontology.report().cycles.size(), 1U) << "the last is_a the first";
  EXPECT_EQ(ontology.report().cycles[0],
            "CL:0000000 -> CL:0000001 -> CL:0000002 -> CL:0000003 -> … -> CL:0199996 -> CL:0199997 -> CL:0199998 -> "
            "CL:0199999 -> CL:0000000");
  EXPECT_EQ(ontology.ancestors(0).size(), kTerms - 1);
}

TEST(Ontology, ObsoleteTermsResolveToWhatReplacedThem) {
  auto chain = term(1), next = term(2), split = term(4), gone = term(5), loop = term(6), back = term(7), both = term(8);
  for (auto* entry : {&chain, &next, &split, &gone, &loop, &back, &both}) entry->obsolete = true;
  chain.replaced_by = {cl_id(2)};
  next.replaced_by = {cl_id(3)};
  split.replaced_by = {cl_id(3), cl_id(9)};
  gone.consider = {cl_id(3)};
  loop.replaced_by = {cl_id(7)};
  back.replaced_by = {cl_id(6)};
  both.replaced_by = {cl_id(1), cl_id(3), "PO:0000066"};
  auto child = term(10, {1});
  const Ontology ontology({chain, next, term(3), split, gone, loop, back, both, term(9), child}, "v");
  const auto three = ontology.find(cl_id(3));
  EXPECT_EQ(ontology.resolve(cl_id(3)), three);
  EXPECT_EQ(ontology.resolve(cl_id(2)), three);
  EXPECT_EQ(ontology.resolve(cl_id(1)), three) << "transitively";
  EXPECT_EQ(ontology.resolve(cl_id(8)), three) << "two ways to the same term";
  EXPECT_EQ(ontology.resolve(cl_id(4)), std::nullopt) << "which of the two cannot be known";
  EXPECT_EQ(ontology.resolve(cl_id(5)), std::nullopt) << "consider is for people";
  EXPECT_EQ(ontology.resolve(cl_id(6)), std::nullopt) << "a loop";
  EXPECT_EQ(ontology.resolve(cl_id(99)), std::nullopt);
  EXPECT_NE(ontology.find(cl_id(5)), std::nullopt) << "find gives obsolete terms too";
  EXPECT_THAT(ontology.parents(ontology.find(cl_id(10)).value()), ElementsAre(three.value()))
      << "an edge to an obsolete term goes to its replacement";
  EXPECT_THAT(ontology.report().missing_parents, IsEmpty());
}

TEST(Ontology, ObsoleteTermsLieOutsideTheGraph) {
  auto gone = term(2, {1});
  gone.obsolete = true;
  gone.name.clear();
  gone.replaced_by = {cl_id(3)};
  auto merged_elsewhere = term(4);
  merged_elsewhere.alt_ids = {cl_id(2)};
  const Ontology ontology({term(1), gone, term(3), merged_elsewhere}, "v");
  for (TermIndex t = 0; t < ontology.size(); ++t) EXPECT_THAT(ontology.ancestors(t), IsEmpty());
  EXPECT_EQ(ontology.resolve(cl_id(2)), ontology.find(cl_id(3))) << "replaced_by is the clearer word";
}

TEST(Ontology, ManyPathsAreWalkedOnce) {
  constexpr std::uint64_t kDiamonds = 60;  // 2^60 paths from top to bottom
  std::vector<Term> terms{term(3 * kDiamonds)};
  for (std::uint64_t i = 0; i < 3 * kDiamonds; i += 3) {
    terms.push_back(term(i, {i + 1, i + 2}));
    terms.push_back(term(i + 1, {i + 3}));
    terms.push_back(term(i + 2, {i + 3}));
  }
  const Ontology ontology(terms, "v");
  EXPECT_EQ(std::ssize(ontology.ancestors(0)), ontology.size() - 1);
  EXPECT_THAT(ontology.report().cycles, IsEmpty());
}

TEST(Ontology, MergedIdsResolveToTheirTerm) {
  auto merged = term(1), other = term(2), stanza = term(3), child = term(4, {21});
  merged.alt_ids = {cl_id(21), cl_id(22), cl_id(3)};
  other.alt_ids = {cl_id(22)};
  stanza.obsolete = true;
  const Ontology ontology({merged, other, stanza, child}, "v");
  const auto one = ontology.find(cl_id(1));
  EXPECT_EQ(ontology.find(cl_id(21)), std::nullopt);
  EXPECT_EQ(ontology.resolve(cl_id(21)), one);
  EXPECT_EQ(ontology.resolve(cl_id(22)), std::nullopt) << "claimed by two terms";
  EXPECT_EQ(ontology.resolve(cl_id(3)), one) << "kept as an obsolete stanza";
  EXPECT_TRUE(ontology.is_a(ontology.find(cl_id(4)).value(), *one));
}

TEST(Ontology, ClIdsHaveSevenDigits) {
  EXPECT_TRUE(looks_like_cl_id("CL:0000084"));
  for (const auto* text :
       {"", "CL:", "CL:000084", "CL:00000084", "CL_0000084", "cl:0000084", "CL:000008x", "UBERON:0000061"}) {
    EXPECT_FALSE(looks_like_cl_id(text)) << text;
  }
}

TEST(SubtypeMatrix, LabelsWithoutATermAndOfTheSameTerm) {
  const Ontology ontology({term(1), term(2, {1})}, "v");
  const SubtypeMatrix subtypes(ontology, std::vector<TermIndex>{1, -1, 0, 1, -1});
  const std::vector<std::vector<int>> expected = {
      {1, 0, 0, 1, 0}, {0, 1, 0, 0, 0}, {1, 0, 1, 1, 0}, {1, 0, 0, 1, 0}, {0, 0, 0, 0, 1}};
  for (std::size_t parent = 0; parent < 5; ++parent) {
    for (std::size_t child = 0; child < 5; ++child) {
      EXPECT_EQ(subtypes.is_subtype(parent, child), expected[parent][child] == 1) << parent << " " << child;
    }
  }
  EXPECT_EQ(SubtypeMatrix(ontology, {}).size(), 0U);
  EXPECT_THROW(SubtypeMatrix(ontology, std::vector<TermIndex>{2}), std::out_of_range);
  EXPECT_THROW(SubtypeMatrix(2, {1, 0, 0}), std::logic_error);
  EXPECT_THROW(SubtypeMatrix(2, {1, 0, 0, 0}), std::logic_error) << "no diagonal";
}

}  // namespace
}  // namespace sctab::ontology
