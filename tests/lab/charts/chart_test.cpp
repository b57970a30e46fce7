#include "lab/charts/chart.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "lab/charts/example_charts.hpp"
#include "lab/charts/markup.hpp"
#include "lab/charts/svg.hpp"

namespace sctab::charts {
namespace {

using tests::count_of;

// Well-formed, labelled, escaped, without NaN or infinite coordinates, and without references to other files.
void expect_sound(const std::string& svg, const std::string& title) {
  EXPECT_EQ(tests::fault_of_markup(svg), "");
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"" + title + "\""));
  EXPECT_NE(svg.find(">" + title + "</text>"), std::string::npos) << "no title is drawn";
  for (const char* part : {"\"nan\"", "\"-nan\"", "inf\"", "nan,", ",nan", "<script", "href", "url(", "<monocyte>"}) {
    EXPECT_EQ(svg.find(part), std::string::npos) << part;
  }
}

// Rectangles of the colour of a series, without the one of the legend.
std::size_t n_bars(const std::string& svg, std::size_t series) {
  return count_of(svg, "fill=\"" + std::string(series_colour(series)) + "\"") - 1;
}

TEST(Chart, BarsOfEveryGroupThatHasAValue) {
  const std::string svg = draw(tests::example_bars());
  expect_sound(svg, "Macro F1 of the models");
  EXPECT_EQ(n_bars(svg, 0), 3U);
  EXPECT_EQ(n_bars(svg, 1), 2U);
  EXPECT_EQ(count_of(svg, ">no value</text>"), 1U);  // never a bar of height 0
  EXPECT_EQ(count_of(svg, "single value: "), 6U);
  EXPECT_EQ(count_of(svg, "stroke-width=\"1.5\""), 3U * 4);  // four error bars: a line and two ends each
  EXPECT_NE(svg.find("blood, tabnet: 0.830 ± 0.0200"), std::string::npos);
}

TEST(Chart, BarsAreInProportion) {
  BarChart chart;
  chart.title = "t";
  chart.y.from = 0;
  chart.y.to = 100;
  chart.groups = {"a", "b"};
  chart.series = {"s"};
  chart.estimates = {{{25, kNoValue, {}}, {100, kNoValue, {}}}};
  const std::string svg = draw(chart);
  EXPECT_NE(svg.find("height=\"75\""), std::string::npos);  // of 300 pixels
  EXPECT_NE(svg.find("height=\"300\""), std::string::npos);
}

TEST(Chart, ValuesOutsideTheAxesAreReported) {
  BarChart chart = tests::example_bars();
  EXPECT_EQ(draw(chart).find("outside the axes"), std::string::npos);
  chart.y.to = 0.84;
  EXPECT_NE(draw(chart).find("outside the axes"), std::string::npos);
  ScatterChart scatter = tests::example_scatter(10);
  scatter.x.from = 1e9;
  scatter.x.to = 1e10;
  EXPECT_NE(draw(scatter).find("10 values lie outside the axes"), std::string::npos);
}

TEST(Chart, ListsThatDoNotFitAreRefused) {
  BarChart bars = tests::example_bars();
  bars.estimates[0].pop_back();
  EXPECT_THROW(draw(bars), std::logic_error);
  HeatMap map = tests::example_heat_map();
  map.values[1].pop_back();
  EXPECT_THROW(draw(map), std::logic_error);
}

TEST(Chart, LinesFollowXAndStopWhereAValueIsMissing) {
  const std::string svg = draw(tests::example_lines());
  expect_sound(svg, "Macro F1 against training cells");
  EXPECT_EQ(count_of(svg, "<polyline"), 1U);  // linear's two points have a gap between them
  EXPECT_NE(svg.find("never run (no value)"), std::string::npos);
  EXPECT_LT(svg.find("0.500 ± 0.0500 at 10,000"), svg.find("0.800 ± 0.0100 at 1,000,000"));
  EXPECT_NE(svg.find(">100,000</text>"), std::string::npos);
}

TEST(Chart, LogarithmicAxesTakeNoZeros) {
  LineChart chart = tests::example_lines();
  chart.series[0].points.push_back({0, {0.9, kNoValue, {}}});
  chart.y.logarithmic = true;
  chart.series[0].points[1].y.deviation = 0.6;  // down to below 0
  chart.series[1].points.push_back({1e5, {-0.3, kNoValue, {}}});
  const std::string svg = draw(chart);
  expect_sound(svg, chart.title);
  EXPECT_NE(svg.find("outside the axes"), std::string::npos);
}

TEST(Chart, ScatterShowsPointsOrTheirNumber) {
  const std::string points = draw(tests::example_scatter(500));
  expect_sound(points, "Cells and donors of each type");
  EXPECT_EQ(count_of(points, "<circle"), 500U);
  EXPECT_EQ(count_of(points, "<title>equal</title>"), 1U);
  const std::string bins = draw(tests::example_scatter(kMostSinglePoints + 1));
  expect_sound(bins, "Cells and donors of each type");
  EXPECT_EQ(count_of(bins, "<circle"), 0U);
  EXPECT_GT(count_of(bins, " points</title>"), 100U);
  EXPECT_LT(bins.size(), 1'000'000U);
}

TEST(Chart, BoxesHaveOutliersAndEmptyOnesAreMarked) {
  const std::string svg = draw(tests::example_boxes());
  expect_sound(svg, "Uncertainty of right and wrong calls");
  EXPECT_EQ(count_of(svg, "<circle"), 1U);
  EXPECT_EQ(count_of(svg, ">no value</text>"), 1U);
  EXPECT_EQ(count_of(svg, "median "), 2U);
}

TEST(Chart, TreemapsHaveOneRectanglePerPartAboveZero) {
  const std::string svg = draw(tests::example_treemap());
  expect_sound(svg, "Cells of each tissue and type");
  EXPECT_EQ(count_of(svg, "<rect"), 4U + 2);  // parts, and outlines of groups
  EXPECT_NE(svg.find("lung / macrophage: 30,000 (27.5%)"), std::string::npos);
}

TEST(Chart, HeatMapsHaveOneCellPerValue) {
  const std::string svg = draw(tests::example_heat_map());
  expect_sound(svg, "Confusions");
  EXPECT_EQ(count_of(svg, "<rect"), 20U + 6);  // the legend's steps
  EXPECT_EQ(count_of(svg, "stroke-dasharray"), 1U);
  EXPECT_EQ(count_of(svg, "no value"), 3U);  // in its tool tips and in itself
}

template <typename Chart>
void expect_empty_picture() {
  Chart chart;
  chart.title = "nothing";
  const std::string svg = draw(chart);
  expect_sound(svg, "nothing");
  EXPECT_NE(svg.find("no value"), std::string::npos) << svg;
}

TEST(Chart, AnEmptyChartIsStillAPicture) {
  expect_empty_picture<BarChart>();
  expect_empty_picture<LineChart>();
  expect_empty_picture<ScatterChart>();
  expect_empty_picture<BoxChart>();
  expect_empty_picture<Treemap>();
  expect_empty_picture<HeatMap>();
}

TEST(Chart, InfinitiesAndManyGroupsAreDrawn) {
  BarChart chart;
  chart.title = "many";
  chart.series = {"s"};
  chart.estimates.resize(1);
  for (int i = 0; i < 164; ++i) {
    chart.groups.push_back("a cell type with a long name, number " + std::to_string(i));
    chart.estimates[0].push_back({i % 2 == 0 ? 0.5 : std::numeric_limits<double>::infinity(), kNoValue, {}});
  }
  const std::string svg = draw(chart);
  expect_sound(svg, "many");
  EXPECT_EQ(count_of(svg, "fill=\"" + std::string(series_colour(0)) + "\""), 82U);
}

}  // namespace
}  // namespace sctab::charts
