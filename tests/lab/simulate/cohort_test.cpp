#include "lab/simulate/cohort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace sctab::simulate {
namespace {

struct Shape {
  std::int64_t n_cells;
  int n_sources, n_donors, n_types;
};

class CohortOf : public ::testing::TestWithParam<Shape> {
 protected:
  CohortOf() {
    options_.n_cells = GetParam().n_cells;
    options_.n_sources = GetParam().n_sources;
    options_.n_donors = GetParam().n_donors;
    options_.n_types = GetParam().n_types;
  }
  SimulateOptions options_;
  const ontology::Ontology ontology_ = lineage();
};

TEST_P(CohortOf, GivesEveryCellToOneDonor) {
  const Cohort cohort(options_, ontology_);
  ASSERT_EQ(cohort.donors.size(), static_cast<std::size_t>(GetParam().n_donors));
  CellIndex next = 0;
  std::set<std::pair<int, std::string>> ids;
  for (const Donor& donor : cohort.donors) {
    EXPECT_EQ(donor.first_cell, next);
    EXPECT_GE(donor.n_cells, 1);
    next += donor.n_cells;
    EXPECT_TRUE(ids.emplace(donor.source, donor.id).second) << donor.id;
    EXPECT_TRUE(donor.ambient > 0 && donor.ambient < 0.5) << donor.ambient;
  }
  EXPECT_EQ(next, GetParam().n_cells);
  for (int source = 0; source < GetParam().n_sources; ++source) EXPECT_FALSE(cohort.donors_of(source).empty());
}

TEST_P(CohortOf, GivesTypesInTheirTissuesOnly) {
  const Cohort cohort(options_, ontology_);
  std::set<std::size_t> types;
  for (const Donor& donor : cohort.donors) {
    EXPECT_NEAR(std::accumulate(donor.kinds.begin(), donor.kinds.end(), 0.0), 1, 1e-9);
    const auto& own = cohort.tissues_of_sources[static_cast<std::size_t>(donor.source)];
    for (std::size_t tissue = 0; tissue < kTissues; ++tissue) {
      for (std::size_t type = 0; type < cohort.types.size(); ++type) {
        const double share = cohort.share(donor, tissue, type);
        const bool can_be = std::ranges::binary_search(own, tissue) && cell_types()[type].abundance[tissue] > 0;
        EXPECT_EQ(share > 0, can_be) << tissue << " " << type << " " << share;
        if (share > 0) types.insert(type);
      }
    }
  }
  EXPECT_EQ(types.size(), cohort.types.size());
}

INSTANTIATE_TEST_SUITE_P(Shapes, CohortOf,
                         ::testing::Values(Shape{20'000, 4, 24, 24}, Shape{1'000'000, 12, 300, 40},
                                           Shape{99, 99, 99, 3}, Shape{1, 1, 1, 2}, Shape{500, 7, 9, 40}),
                         [](const auto& shape) { return "Sources" + std::to_string(shape.param.n_sources); });

TEST(Cohort, SharesTissuesBetweenSources) {
  const Cohort cohort(SimulateOptions(), lineage());
  std::array<int, kTissues> sources{};
  for (const auto& tissues : cohort.tissues_of_sources) {
    EXPECT_LT(tissues.size(), kTissues);
    EXPECT_TRUE(std::ranges::is_sorted(tissues));
    for (const std::size_t tissue : tissues) ++sources[tissue];
  }
  for (const int n : sources) EXPECT_EQ(n, 2);
}

/// Labels that are no true type, of all labels; every one must be a parent that curation keeps.
double share_of_coarse_labels(double coarse_labels) {
  SimulateOptions options;
  options.n_types = 40;
  options.n_donors = 200;
  options.coarse_labels = coarse_labels;
  const auto ontology = lineage();
  const auto native = ontology.find(ontology::kNativeCell).value();
  const Cohort cohort(options, ontology);
  int coarse = 0, can_be = 0;
  for (const Donor& donor : cohort.donors) {
    for (std::size_t type = 0; type < cohort.types.size(); ++type) {
      const auto label = donor.labels[type];
      const auto parents = ontology.parents(cohort.types[type]);
      can_be += std::ranges::any_of(parents, [&](auto p) { return ontology.ancestors(p).size() > 7; }) ? 1 : 0;
      if (label == cohort.types[type]) continue;
      ++coarse;
      EXPECT_TRUE(std::ranges::find(parents, label) != parents.end());
      EXPECT_TRUE(ontology.is_a(label, native));
      EXPECT_GT(ontology.ancestors(label).size(), 7U);
    }
  }
  return static_cast<double>(coarse) / can_be;
}

TEST(Cohort, MakesTheRequestedFractionOfLabelsCoarse) {
  EXPECT_EQ(share_of_coarse_labels(0), 0);
  EXPECT_EQ(share_of_coarse_labels(1), 1);
  EXPECT_NEAR(share_of_coarse_labels(0.1), 0.1, 0.02);  // of some 7,000 groups
}

TEST(Cohort, RelativesAreNearInTheOntology) {
  SimulateOptions options;
  options.n_types = 40;
  const auto ontology = lineage();
  const Cohort cohort(options, ontology);
  const auto position = [&](std::string_view id) {
    return static_cast<std::size_t>(std::ranges::find(cohort.types, ontology.find(id).value()) - cohort.types.begin());
  };
  const auto are_relatives = [&](std::string_view a, std::string_view b) {
    const auto& of_a = cohort.relatives[position(a)];
    return std::ranges::find(of_a, position(b)) != of_a.end();
  };
  EXPECT_TRUE(are_relatives("CL:0000787", "CL:0000788"));   // memory and naive B cell
  EXPECT_TRUE(are_relatives("CL:0000860", "CL:0000875"));   // classical and non-classical monocyte
  EXPECT_FALSE(are_relatives("CL:0000787", "CL:0000182"));  // memory B cell and hepatocyte
  for (std::size_t a = 0; a < cohort.types.size(); ++a) {
    for (const std::size_t b : cohort.relatives[a]) {
      EXPECT_NE(a, b);
      EXPECT_TRUE(std::ranges::find(cohort.relatives[b], a) != cohort.relatives[b].end());
    }
  }
}

}  // namespace
}  // namespace sctab::simulate
