#pragma once

#include <limits>
#include <string>
#include <vector>

namespace sctab::charts {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// Rows of text, each as wide as `columns`.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

struct Axis {
  std::string title;  // with its unit
  bool logarithmic = false;
  double from = kNoValue;  // NaN: chosen from the values; values outside are not drawn, and the chart says so
  double to = kNoValue;
  double at_most = kNoValue;  // the largest possible value, such as 1 for an F1: a chosen end never exceeds it
  bool whole = false;         // for counts: marks at whole numbers only
};

/// A value with its spread, shown by a bar or a point of a line. NaN is "no value", never 0.
struct Estimate {
  double mean = kNoValue;
  double deviation = kNoValue;      // drawn as an error bar if finite
  std::vector<double> values = {};  // single runs, drawn as points
};

/// Groups of bars side by side, one bar per series.
struct BarChart {
  std::string title, caption;
  Axis y;
  std::vector<std::string> groups, series;
  std::vector<std::vector<Estimate>> estimates;  // [series][group]
};

struct LineChart {
  struct Point {
    double x = kNoValue;
    Estimate y = {};
  };
  struct Series {
    std::string name;
    std::vector<Point> points;  // in the order of x; a point without a value interrupts the line
  };
  std::string title, caption;
  Axis x, y;
  std::vector<Series> series;
};

struct ScatterChart {
  struct Point {
    double x = kNoValue, y = kNoValue;
    std::string name = {};  // tooltip
  };
  struct Series {
    std::string name;
    std::vector<Point> points;
  };
  std::string title, caption;
  Axis x, y;
  std::vector<Series> series;
  bool diagonal = false;  // the line y = x
};
/// Scatter charts with more points show the number of points in each cell of a grid.
constexpr std::size_t kMostSinglePoints = 10'000;

/// Boxes from quartile to quartile, whiskers to the furthest value within 1.5 interquartile ranges, points beyond.
struct BoxChart {
  struct Box {
    std::string name;
    std::vector<double> values;  // NaN is ignored
  };
  std::string title, caption;
  Axis y;
  std::vector<Box> boxes;
};

/// The numbers that a box plot shows. All are kNoValue if there are no values.
struct BoxSummary {
  std::size_t n = 0;
  double least = kNoValue, lower_whisker = kNoValue, lower_quartile = kNoValue, median = kNoValue;
  double upper_quartile = kNoValue, upper_whisker = kNoValue, greatest = kNoValue, mean = kNoValue;
  std::vector<double> outliers;  // beyond the whiskers, in order
};

/// Ignores values that are not finite. Quartiles are interpolated, as in NumPy's percentile.
BoxSummary summarise(std::vector<double> values);

/// Grouped rectangles with areas in proportion to their sizes. Sizes of 0 or less get no area.
struct Treemap {
  struct Leaf {
    std::string name;
    double size = 0;
  };
  struct Group {
    std::string name;
    std::vector<Leaf> leaves;
  };
  std::string title, caption;
  std::vector<Group> groups;
};

struct HeatMap {
  std::string title, caption;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<double>> values;  // [row][column]; NaN: no value
};

/// A self-contained <svg> element with title and labels, for a light or dark background (text and axes take the colour
/// of the surrounding text). Throws std::logic_error if the lists of a chart do not fit each other.
std::string draw(const BarChart& chart);
std::string draw(const LineChart& chart);
std::string draw(const ScatterChart& chart);
std::string draw(const BoxChart& chart);
std::string draw(const Treemap& chart);
std::string draw(const HeatMap& chart);

/// The numbers that a chart shows, as a table.
Table numbers(const BarChart& chart);
Table numbers(const LineChart& chart);
Table numbers(const ScatterChart& chart);
Table numbers(const BoxChart& chart);
Table numbers(const Treemap& chart);
Table numbers(const HeatMap& chart);

}  // namespace sctab::charts
