#include <gtest/gtest.h>

#include "lab/charts/example_charts.hpp"

namespace sctab::charts {
namespace {

using Row = std::vector<std::string>;

TEST(ChartTable, BarsAsGroupsBySeries) {
  const Table table = numbers(tests::example_bars());
  EXPECT_EQ(table.columns, (Row{"macro F1", "tabnet", "xgboost"}));
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0],
            (Row{"blood", "0.830 ± 0.0200 (0.810, 0.830, 0.850)", "0.800 ± 0.0100 (0.790, 0.800, 0.810)"}));
  EXPECT_EQ(table.rows[1], (Row{"lung", "0.700", "no value"}));
}

TEST(ChartTable, LinesPointByPoint) {
  const Table table = numbers(tests::example_lines());
  ASSERT_EQ(table.rows.size(), 7U);
  EXPECT_EQ(table.rows[4], (Row{"linear", "100,000", "no value"}));
  EXPECT_EQ(table.rows[6], (Row{"never run", "no value", "no value"}));
}

TEST(ChartTable, ScattersPointByPointOrSummarised) {
  EXPECT_EQ(numbers(tests::example_scatter(2000)).rows.size(), 2000U);
  const Table summed = numbers(tests::example_scatter(2001));
  ASSERT_EQ(summed.rows.size(), 2U);
  EXPECT_EQ(summed.rows[0][1], "donors");
  EXPECT_EQ(summed.rows[0][2], "2,001");
}

TEST(ChartTable, BoxesTreemapsAndHeatMaps) {
  EXPECT_EQ(numbers(tests::example_boxes()).rows[2],
            (Row{"none", "0", "no value", "no value", "no value", "no value", "no value", "no value"}));
  const Table map = numbers(tests::example_treemap());
  ASSERT_EQ(map.rows.size(), 6U);
  EXPECT_EQ(map.rows[3], (Row{"lung", "macrophage", "30,000", "27.52%"}));
  EXPECT_EQ(map.rows[5], (Row{"lung", "unknown", "no value", "no value"}));
  const Table heat = numbers(tests::example_heat_map());
  EXPECT_EQ(heat.columns.size(), 4U);
  EXPECT_EQ(heat.rows[1], (Row{tests::kNastyName, "0.300", "0.700", "no value"}));
}

}  // namespace
}  // namespace sctab::charts
