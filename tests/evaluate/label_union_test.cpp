#include "sctab/evaluate/label_union.hpp"

#include <gmock/gmock.h>

#include "sctab/evaluate/evaluation.hpp"

namespace sctab::evaluate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ontology::Term term(std::string id, std::string name, std::vector<std::string> parents = {}) {
  ontology::Term result;
  result.id = std::move(id);
  result.name = std::move(name);
  result.parents = std::move(parents);
  return result;
}

ontology::Ontology t_cells() {
  auto obsolete = term("CL:0000009", "obsolete helper cell");
  obsolete.obsolete = true;
  obsolete.replaced_by = {"CL:0000624"};
  auto t_cell = term("CL:0000084", "T cell", {"CL:0000542"});
  t_cell.alt_ids = {"CL:0000804"};
  return {{term("CL:0000542", "lymphocyte"), t_cell, term("CL:0000624", "CD4+ T cell", {"CL:0000084"}),
           term("CL:0000625", "CD8+ T cell", {"CL:0000084"}), term("CL:0000236", "B cell", {"CL:0000542"}), obsolete},
          "v"};
}

TEST(LabelJoin, KeepsTheModelsOrderAndAddsWhatTheStoreHasBesides) {
  const std::vector<std::string> store = {"CL:0000084", "CL:0000236", "CL:0000625"};
  const std::vector<std::string> model = {"CL:0000625", "CL:0000624", "CL:0000236"};
  const auto joined = unite_labels(store, model, t_cells());
  EXPECT_THAT(joined.ids, ElementsAre("CL:0000625", "CL:0000624", "CL:0000236", "CL:0000084"));
  EXPECT_THAT(joined.labels, ElementsAre("CD8+ T cell", "CD4+ T cell", "B cell", "T cell"));
  EXPECT_THAT(joined.position_of_model_type, ElementsAre(0, 1, 2));
  EXPECT_THAT(joined.position_of_store_type, ElementsAre(3, 2, 0));
}

TEST(LabelJoin, ATruthThatTheModelLacksIsRightByItsSubtypes) {
  const std::vector<std::string> store = {"CL:0000084"}, model = {"CL:0000624", "CL:0000236"};
  const auto joined = unite_labels(store, model, t_cells());
  const TypeIndex t_cell = joined.position_of_store_type[0];
  const std::vector<TypeIndex> truths(2, t_cell);
  const auto scores = evaluate(truths, joined.position_of_model_type, joined.subtypes).corrected;
  EXPECT_DOUBLE_EQ(scores.micro_f1, 0.5) << "a CD4+ T cell is a T cell, a B cell is none";
}

TEST(LabelJoin, ResolvesObsoleteAndMergedIds) {
  const std::vector<std::string> store = {"CL:0000009", "CL:0000624", "CL:0000804"},
                                 model = {"CL:0000084", "CL:0000009"};
  const auto joined = unite_labels(store, model, t_cells());
  EXPECT_THAT(joined.ids, ElementsAre("CL:0000084", "CL:0000624"));
  EXPECT_THAT(joined.position_of_model_type, ElementsAre(0, 1));
  EXPECT_THAT(joined.position_of_store_type, ElementsAre(1, 1, 0)) << "two types of the store may be one term";
}

TEST(LabelJoin, UnknownIdsAreEqualToThemselvesAlone) {
  const std::vector<std::string> store = {"CL:7777777", "unknown", "", "CL:8888888"},
                                 model = {"CL:8888888", "CL:0000542"};
  const auto joined = unite_labels(store, model, t_cells());
  EXPECT_THAT(joined.ids, ElementsAre("CL:8888888", "CL:0000542", "CL:7777777"));
  EXPECT_THAT(joined.labels, ElementsAre("CL:8888888", "lymphocyte", "CL:7777777"));
  EXPECT_THAT(joined.position_of_store_type, ElementsAre(2, -1, -1, 0));
  for (std::size_t parent = 0; parent < 3; ++parent) {
    for (std::size_t child = 0; child < 3; ++child) {
      EXPECT_EQ(joined.subtypes.is_subtype(parent, child), parent == child);
    }
  }
}

TEST(LabelJoin, NothingJoinsToNothing) {
  const auto joined = unite_labels({}, {}, t_cells());
  EXPECT_THAT(joined.ids, IsEmpty());
  EXPECT_EQ(joined.subtypes.size(), 0U);
}

}  // namespace
}  // namespace sctab::evaluate
