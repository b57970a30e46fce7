#include "sctab/published/label_join.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <stdexcept>

#include "support/fixtures.hpp"
#include "support/small_ontology.hpp"

namespace sctab::published::tests {
namespace {

using sctab::tests::small_terms;

std::vector<ontology::Term> terms_with_synonyms() {
  auto terms = small_terms();
  const auto find = [&](std::string_view id) -> ontology::Term& {
    for (ontology::Term& term : terms) {
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

std::vector<JoinedLabel> joined(const formats::LabelTable& table) {
  return join_labels(table, ontology::Ontology(terms_with_synonyms(), "small/1"));
}

TEST(LabelJoin, ByNameThenSynonymThenReplacement) {
  const auto labels = joined({{"B cell", "T lymphocyte", "plasma B cell", "cell"}, {}});
  EXPECT_EQ(labels[0].id, "CL:0000236") << "a name comes before another term's synonym";
  EXPECT_EQ(labels[0].how, JoinedBy::kName);
  EXPECT_EQ(labels[1].id, "CL:0000084") << "a synonym comes before one of an obsolete term";
  EXPECT_EQ(labels[1].how, JoinedBy::kSynonym);
  EXPECT_EQ(labels[1].current_name, "T cell");
  EXPECT_EQ(labels[2].how, JoinedBy::kNothing) << "the term that replaced it is B cell's already";
  EXPECT_NE(labels[2].reason.find("CL:0000236 is what \"B cell\" means already"), std::string::npos)
      << labels[2].reason;
  EXPECT_EQ(labels[3].id, "CL:0000000");
  for (const char* name : {"plasma B cell", "obsolete plasma B cell", "plasmatic B cell"}) {
    const auto alone = joined({{name}, {}});
    EXPECT_EQ(alone[0].id, "CL:0000236") << name;
    EXPECT_EQ(alone[0].how, JoinedBy::kReplacement);
    EXPECT_EQ(alone[0].current_name, "B cell");
  }
}

TEST(LabelJoin, TheClosestLabelKeepsATermWhateverTheOrder) {
  const auto labels = joined({{"plasma B cell", "B lymphocyte", "B cell"}, {}});
  EXPECT_EQ(labels[0].id, "");
  EXPECT_EQ(labels[1].id, "");
  EXPECT_EQ(labels[2].id, "CL:0000236");
}

TEST(LabelJoin, WhatIsUnknownOrMeansSeveralIsSaid) {
  const auto labels = joined({{"fried egg", "lymphocyte", "obsolete cell"}, {}});
  EXPECT_EQ(labels[0].reason, "no term has this name");
  EXPECT_EQ(labels[1].reason, "several terms have this name");
  EXPECT_EQ(labels[2].reason, "no term has this name") << "it has no replacement";
  for (const JoinedLabel& label : labels) {
    EXPECT_EQ(label.how, JoinedBy::kNothing);
    EXPECT_EQ(label.id, "");
  }
}

TEST(LabelJoin, IdsBesideTheLabelsComeFirst) {
  const auto labels = joined({{"B cell", "anything", "T cell"}, {"CL:0000625", "CL:0000999", "unknown"}});
  EXPECT_EQ(labels[0].id, "CL:0000625");
  EXPECT_EQ(labels[0].how, JoinedBy::kId);
  EXPECT_EQ(labels[1].id, "CL:0000236") << "as the term that replaced it";
  EXPECT_EQ(labels[2].id, "CL:0000084") << "by its name: what stands beside it is no id";
  EXPECT_EQ(labels[2].how, JoinedBy::kName);
  const auto without = join_labels({{"B cell", "T cell"}, {"CL:0000236", ""}}, std::nullopt);
  EXPECT_EQ(without[0].id, "CL:0000236");
  EXPECT_EQ(without[1].id, "");
}

TEST(LabelJoin, AnIdThatTheOntologyDoesNotHaveJoinsNothing) {
  const auto labels = joined({{"T cell", "B cell", "cell"}, {"CL:7777777", "CL:0000998", "CL:0000000"}});
  EXPECT_EQ(labels[0].reason, "CL:7777777 is not in the ontology") << "though the label is a term's name";
  EXPECT_EQ(labels[1].reason, "CL:0000998 is obsolete, and no one term replaces it");
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(labels[i].how, JoinedBy::kNothing);
    EXPECT_EQ(labels[i].id, "");
  }
  EXPECT_EQ(labels[2].how, JoinedBy::kId);
  EXPECT_EQ(join_labels({{"new"}, {"CL:7777777"}}, std::nullopt)[0].id, "CL:7777777") << "no ontology says otherwise";
}

TEST(LabelJoin, ThePapersTypesJoinTheReleaseOfItsTime) {
  SCTAB_NEED_SHARED(types, "data/sctab_paper/cell_types_164.csv");
  SCTAB_NEED_SHARED(release, "data/ontology/cl_2023-07-20.obo");
  const formats::LabelTable table = formats::read_label_table(types);
  ASSERT_EQ(table.labels.size(), 164U);
  const auto labels = join_labels({table.labels, {}}, ontology::Ontology::load(release));
  std::map<JoinedBy, int> counts;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++counts[labels[i].how];
    if (labels[i].id.empty()) {
      std::cout << "not joined: " << labels[i].label << ": " << labels[i].reason << "\n";
    } else {
      EXPECT_EQ(labels[i].id, table.ids[i]) << labels[i].label;
    }
  }
  for (const auto& [how, n] : counts) std::cout << n << " by " << name(how) << "\n";
  EXPECT_EQ(counts[JoinedBy::kNothing], 0);
}

}  // namespace
}  // namespace sctab::published::tests
