#include "lab/charts/describe_page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sctab::charts {
namespace {

using nlohmann::json;

json group(const char* name, int cells, int donors) {
  return {{"name", name},
          {"cells", cells},
          {"donors", donors},
          {"types", 1},
          {"tissues", 1},
          {"datasets", 1},
          {"cells_by_split", {{"train", cells}, {"val", 0}, {"test", 0}}}};
}

// Two types; one of them in two tissues, and written as no tool should have to fear.
json description() {
  json t_cell = group("T cell <CD4>", 3000, 40), b_cell = group("B cell", 1000, 7);
  t_cell["cells_by_tissue"] = {{"lung", 2500}, {"blood", 500}};
  b_cell["cells_by_tissue"] = {{"blood", 1000}};
  const json split = group("", 4000, 44);
  return {{"store", "a store & more"},
          {"genes", 19331},
          {"all", group("", 4000, 44)},
          {"splits", {{"train", split}, {"val", split}, {"test", split}}},
          {"types", {t_cell, b_cell}},
          {"tissues", {group("lung", 2500, 30), group("blood", 1500, 20)}},
          {"datasets", {group("data", 4000, 44)}},
          {"assays", {group("10x 3' v3", 4000, 44)}},
          {"provenance", {{"curation", {{{"rule", "primary data"}, {"cells", 12}, {"donors", 1}, {"types", 0}}}}}}};
}

TEST(DescribePage, ShowsTissuesTypesAndDonors) {
  const std::string html = describe_page(description()).html();
  for (const char* part : {"Cells of each tissue and type", "lung / T cell &lt;CD4&gt;: 2,500 (62.5%)",
                           "blood / B cell: 1,000 (25.0%)", "Donors and cells of each type",
                           "<title>B cell: 1,000, 7</title>", "a store &amp; more: 4,000 cells, 44 donors",
                           "<th scope=\"row\">primary data</th><td class=\"number\">12</td>"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
  EXPECT_LT(html.find("lung / "), html.find("blood / "));  // most cells first
  EXPECT_EQ(html.find("<CD4>"), std::string::npos);
}

TEST(DescribePage, StoresWithoutCurationHaveAPageToo) {
  json other = description();
  other["provenance"] = json();
  EXPECT_EQ(describe_page(other).html().find("Curation"), std::string::npos);
}

}  // namespace
}  // namespace sctab::charts
