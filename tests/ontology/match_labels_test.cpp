#include "sctab/ontology/match_labels.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <stdexcept>

#include "sctab/core/csv.hpp"
#include "support/fixtures.hpp"
#include "support/small_ontology.hpp"

namespace sctab::ontology::tests {
namespace {

using sctab::tests::small_terms;

std::vector<Term> terms_with_synonyms() {
  auto terms = small_terms();
  const auto find = [&](std::string_view id) -> Term& {
    for (Term& term : terms) {
      if (term.id == id) return term;
    }
    throw std::out_of_range(std::string(id));
  };
  find("CL:0000084").exact_synonyms = {"T lymphocyte", "lymphocyte", "B cell"};
  find("CL:0000236").exact_synonyms = {"B lymphocyte", "lymphocyte"};
  find("CL:0000999").name = "obsolete plasma B cell";
  find("CL:0000999").exact_synonyms = {"plasmatic B cell", "T lymphocyte"};
  return terms;
}

std::vector<MatchedLabel> matched(const std::vector<std::string>& labels, const std::vector<std::string>& ids = {}) {
  return match_labels(labels, ids, Ontology(terms_with_synonyms(), "small/1"));
}

TEST(MatchLabels, ByNameThenSynonymThenReplacement) {
  const auto labels = matched({"B cell", "T lymphocyte", "plasma B cell", "cell"});
  EXPECT_EQ(labels[0].id, "CL:0000236") << "a name comes before another term's synonym";
  EXPECT_EQ(labels[0].how, MatchedBy::kName);
  EXPECT_EQ(labels[1].id, "CL:0000084") << "a synonym comes before one of an obsolete term";
  EXPECT_EQ(labels[1].how, MatchedBy::kSynonym);
  EXPECT_EQ(labels[1].current_name, "T cell");
  EXPECT_EQ(labels[2].how, MatchedBy::kNothing) << "the term that replaced it is B cell's already";
  EXPECT_NE(labels[2].reason.find("CL:0000236 already belongs to \"B cell\""), std::string::npos) << labels[2].reason;
  EXPECT_EQ(labels[3].id, "CL:0000000");
  for (const char* name : {"plasma B cell", "obsolete plasma B cell", "plasmatic B cell"}) {
    const auto alone = matched({name});
    EXPECT_EQ(alone[0].id, "CL:0000236") << name;
    EXPECT_EQ(alone[0].how, MatchedBy::kReplacement);
    EXPECT_EQ(alone[0].current_name, "B cell");
  }
}

TEST(MatchLabels, TheClosestLabelKeepsATermWhateverTheOrder) {
  const auto labels = matched({"plasma B cell", "B lymphocyte", "B cell"});
  EXPECT_EQ(labels[0].id, "");
  EXPECT_EQ(labels[1].id, "");
  EXPECT_EQ(labels[2].id, "CL:0000236");
}

TEST(MatchLabels, WhatIsUnknownOrMeansSeveralIsSaid) {
  const auto labels = matched({"fried egg", "lymphocyte", "obsolete cell"});
  EXPECT_EQ(labels[0].reason, "no term has this name");
  EXPECT_EQ(labels[1].reason, "several terms have this name");
  EXPECT_EQ(labels[2].reason, "no term has this name") << "it has no replacement";
  for (const MatchedLabel& label : labels) {
    EXPECT_EQ(label.how, MatchedBy::kNothing);
    EXPECT_EQ(label.id, "");
  }
}

TEST(MatchLabels, IdsBesideTheLabelsComeFirst) {
  const auto labels = matched({"B cell", "anything", "T cell"}, {"CL:0000625", "CL:0000999", "unknown"});
  EXPECT_EQ(labels[0].id, "CL:0000625");
  EXPECT_EQ(labels[0].how, MatchedBy::kId);
  EXPECT_EQ(labels[1].id, "CL:0000236") << "as the term that replaced it";
  EXPECT_EQ(labels[2].id, "CL:0000084") << "by its name: what is next to it is not an id";
  EXPECT_EQ(labels[2].how, MatchedBy::kName);
  const std::vector<std::string> names = {"B cell", "T cell"}, ids = {"CL:0000236", ""};
  const auto without = match_labels(names, ids, std::nullopt);
  EXPECT_EQ(without[0].id, "CL:0000236");
  EXPECT_EQ(without[1].id, "");
}

TEST(MatchLabels, AnIdThatTheOntologyDoesNotHaveJoinsNothing) {
  const auto labels = matched({"T cell", "B cell", "cell"}, {"CL:7777777", "CL:0000998", "CL:0000000"});
  EXPECT_EQ(labels[0].reason, "CL:7777777 is not in the ontology") << "though the label is a term's name";
  EXPECT_EQ(labels[1].reason, "CL:0000998 is obsolete, and no single term replaces it");
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(labels[i].how, MatchedBy::kNothing);
    EXPECT_EQ(labels[i].id, "");
  }
  EXPECT_EQ(labels[2].how, MatchedBy::kId);
  const std::vector<std::string> name = {"new"}, id = {"CL:7777777"};
  EXPECT_EQ(match_labels(name, id, std::nullopt)[0].id, "CL:7777777") << "no ontology says otherwise";
}

TEST(MatchLabels, ThePapersTypesJoinTheReleaseOfItsTime) {
  SCTAB_NEED_SHARED(types, "data/sctab_paper/cell_types_164.csv");
  SCTAB_NEED_SHARED(release, "data/ontology/cl_2023-07-20.obo");
  const core::CsvTable table = core::read_csv(types);
  const auto label = table.find_column({"label", "cell_type"}), id = table.find_column({"cell_type_ontology_term_id"});
  ASSERT_TRUE(label && id);
  ASSERT_EQ(table.rows.size(), 164U);
  std::vector<std::string> names;
  for (const auto& row : table.rows) names.push_back(row[*label]);
  const auto labels = match_labels(names, {}, Ontology::load(release));
  std::map<MatchedBy, int> counts;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++counts[labels[i].how];
    if (labels[i].id.empty()) {
      std::cout << "not joined: " << labels[i].label << ": " << labels[i].reason << "\n";
    } else {
      EXPECT_EQ(labels[i].id, table.rows[i][*id]) << labels[i].label;
    }
  }
  for (const auto& [how, n] : counts) std::cout << n << " by " << name(how) << "\n";
  EXPECT_EQ(counts[MatchedBy::kNothing], 0);
}

}  // namespace
}  // namespace sctab::ontology::tests
