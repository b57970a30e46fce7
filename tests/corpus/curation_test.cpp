#include "sctab/corpus/curation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

struct CellSpec {
  const char* type;
  const char* donor;
  const char* assay = "10x 3' v2";
  bool primary = true;
};

// An empty type or donor is none.
void add(CellTable& cells, const CellSpec& spec, int times = 1) {
  for (int i = 0; i < times; ++i) {
    const auto code = [&](Field field, std::string_view text) {
      cells.column(field).push_back(text.empty() ? -1 : cells.dictionary(field).code(text));
    };
    code(Field::kCellType, spec.type);
    code(Field::kDonor, spec.donor);
    code(Field::kAssay, spec.assay);
    for (const Field field : {Field::kDataset, Field::kTissue, Field::kTissueGeneral, Field::kDisease})
      code(field, "x");
    cells.primary.push_back(spec.primary ? 1 : 0);
    cells.kept.push_back(1);
  }
}

CurationOptions all_off() {
  CurationOptions options;
  options.primary_only = options.tenx_only = options.below_native_cell = false;
  options.min_cells = options.min_donors = options.min_ancestors = 0;
  return options;
}

std::int64_t n_kept(const CellTable& cells) {
  return std::count(cells.kept.begin(), cells.kept.end(), 1);
}

class CurationTest : public ::testing::Test {
 protected:
  ontology::Ontology ontology_ = tests::small_ontology();
  CellTable cells_;
};

TEST_F(CurationTest, CountsCellsDonorsAndTypesOfEachRuleInThePapersOrder) {
  add(cells_, {"CL:0000236", "a", "10x 3' v2", false}, 3);  // not primary; takes donor a with it
  add(cells_, {"CL:0000236", "b", "inDrop"}, 2);            // not 10x; b has other cells
  add(cells_, {"", "b"}, 4);                                // no label
  add(cells_, {"CL:0000010", "b"}, 5);                      // not below native cell
  add(cells_, {"CL:0000236", "b"}, 6);
  add(cells_, {"CL:0000624", "c"}, 7);
  CurationOptions options = all_off();
  options.primary_only = options.tenx_only = options.below_native_cell = true;
  options.min_cells = 7;
  const Curation curation = curate(cells_, ontology_, options);
  ASSERT_EQ(curation.effects.size(), 5U);
  const auto expect = [&](std::size_t i, const char* rule, std::int64_t n, std::int64_t donors, std::int64_t types) {
    EXPECT_EQ(curation.effects[i].rule, rule);
    EXPECT_EQ(curation.effects[i].cells, n) << rule;
    EXPECT_EQ(curation.effects[i].donors, donors) << rule;
    EXPECT_EQ(curation.effects[i].types, types) << rule;
  };
  expect(0, "is primary data", 3, 1, 0);
  expect(1, "assay is 10x", 2, 0, 0);
  expect(2, "labelled with a Cell Ontology term", 4, 0, 0);
  expect(3, "below native cell", 5, 0, 1);
  expect(4, "at least 7 cells a type", 6, 1, 1);
  EXPECT_EQ(n_kept(cells_), 7);
  ASSERT_EQ(curation.candidates.size(), 2U);
  EXPECT_EQ(curation.candidates[0].cells, 7);
  EXPECT_EQ(curation.candidates[1].donors, 1);
}

TEST_F(CurationTest, NativeCellItselfIsNotBelowNativeCell) {
  add(cells_, {"CL:0000003", "a"});
  add(cells_, {"CL:0000000", "a"});
  add(cells_, {"CL:0000084", "a"});
  CurationOptions options = all_off();
  options.below_native_cell = true;
  curate(cells_, ontology_, options);
  EXPECT_EQ(cells_.kept, (std::vector<std::uint8_t>{0, 0, 1}));
}

TEST_F(CurationTest, ThresholdsAreAtLeastUnlessStrict) {
  // T cell: 2 donors, 2 ancestors. CD4 T cell: 3 donors, 3 ancestors.
  for (const char* donor : {"a", "b"}) add(cells_, {"CL:0000084", donor});
  for (const char* donor : {"a", "b", "c"}) add(cells_, {"CL:0000624", donor});
  add(cells_, {"CL:0000084", ""}, 10);  // no donor: counts for none
  for (const bool by_donors : {true, false}) {
    CurationOptions options = all_off();
    (by_donors ? options.min_donors : options.min_ancestors) = 2;
    CellTable at_least = cells_, more_than = cells_;
    const Curation lenient = curate(at_least, ontology_, options);
    EXPECT_EQ(n_kept(at_least), 15);
    EXPECT_EQ(lenient.effects.back().rule, by_donors ? "at least 2 donors a type" : "at least 2 ancestors a type");
    CellTable all = cells_;
    CurationOptions least = all_off();
    (by_donors ? least.min_donors : least.min_ancestors) = 1;
    const std::string rule = curate(all, ontology_, least).effects.back().rule;
    EXPECT_EQ(rule, by_donors ? "at least 1 donor a type" : "at least 1 ancestor a type");
    options.strict_thresholds = true;
    const Curation strict = curate(more_than, ontology_, options);
    EXPECT_EQ(n_kept(more_than), 3);
    EXPECT_EQ(strict.effects.back().rule, by_donors ? "more than 2 donors a type" : "more than 2 ancestors a type");
  }
}

TEST_F(CurationTest, RulesTurnedOffAreNotApplied) {
  add(cells_, {"CL:0000010", "a", "inDrop", false});
  add(cells_, {"", "a"});
  const Curation curation = curate(cells_, ontology_, all_off());
  ASSERT_EQ(curation.effects.size(), 1U);  // a cell without a label can never be trained on
  EXPECT_EQ(cells_.kept, (std::vector<std::uint8_t>{1, 0}));
}

TEST_F(CurationTest, KnowsThePapersSevenAssays) {
  for (const char* assay : {"10x 5' v2", "10x 3' v3", "10x 3' v2", "10x 5' v1", "10x 3' v1",
                            "10x 3' transcription profiling", "10x 5' transcription profiling"}) {
    EXPECT_TRUE(is_10x_assay(assay)) << assay;
  }
  for (const char* assay : {"10x 3'", "10x multiome", "inDrop", "unknown", "", "10X 3' v2"}) {
    EXPECT_FALSE(is_10x_assay(assay)) << assay;
  }
}

TEST_F(CurationTest, FewerTypesThanTwoSayWhichThresholdsWouldKeepSome) {
  add(cells_, {"CL:0000084", "a"}, 40);
  add(cells_, {"CL:0000236", "a"}, 20);
  add(cells_, {"CL:0000236", "b"}, 10);
  CurationOptions options = all_off();
  options.min_cells = 35;
  const Curation curation = curate(cells_, ontology_, options);
  SCTAB_EXPECT_THROW_WITH(require_two_types(cells_, curation, ontology_), core::InputError,
                          "leaves 1 type:", "'at least 35 cells a type' (see --min-cells) removed 30 cells and 1 type",
                          "T cell (40 cells, 1 donor,", "B cell (30 cells, 2 donors",
                          "--min-cells 30 --min-donors 1 --min-ancestors 2");
}

TEST_F(CurationTest, NoCellsAtAllIsNoCrash) {
  const Curation curation = curate(cells_, ontology_, CurationOptions());
  EXPECT_EQ(curation.effects.size(), 7U);
  SCTAB_EXPECT_THROW_WITH(require_two_types(cells_, curation, ontology_), core::InputError, "leaves 0 types");
}

TEST_F(CurationTest, NegativeThresholdsAreRefused) {
  CurationOptions options;
  options.min_donors = -1;
  SCTAB_EXPECT_THROW_WITH(options.validate(), core::InputError, "min_donors", "-1");
}

TEST_F(CurationTest, AnOntologyWithoutNativeCellIsNamed) {
  const ontology::Ontology empty({}, "empty/1");
  SCTAB_EXPECT_THROW_WITH(curate(cells_, empty, CurationOptions()), core::InputError, "empty/1", "CL:0000003");
}

}  // namespace
}  // namespace sctab::corpus
