#pragma once

#include <limits>
#include <string>
#include <vector>

#include "lab/charts/table.hpp"

namespace sctab::charts {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

struct Axis {
  std::string title;  // with its unit
  bool logarithmic = false;
  double from = kNoValue;  // chosen from the values where NaN; values outside are not drawn, and the chart says so
  double to = kNoValue;
  double at_most = kNoValue;  // what no value can pass, as 1 of an F1: an end that is chosen lies no further
  bool whole = false;         // of things that are counted: marks at whole numbers alone
};

/// One value with its spread: what a bar, or a point of a line, shows. NaN is "no value", never 0.
struct Estimate {
  double mean = kNoValue;
  double deviation = kNoValue;      // drawn as error bar where finite
  std::vector<double> values = {};  // single runs, drawn as points
};

/// Groups of bars side by side, one bar a series.
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
    std::vector<Point> points;  // drawn in the order of x; a point without value interrupts the line
  };
  std::string title, caption;
  Axis x, y;
  std::vector<Series> series;
};

struct ScatterChart {
  struct Point {
    double x = kNoValue, y = kNoValue;
    std::string name = {};  // tool tip
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
/// Scatter charts of more points show how many there are in each cell of a grid.
constexpr std::size_t kMostSinglePoints = 10'000;

/// Quartiles, whiskers to the furthest value within 1.5 times the distance of the quartiles, points beyond them.
struct BoxChart {
  struct Box {
    std::string name;
    std::vector<double> values;  // NaN are left out
  };
  std::string title, caption;
  Axis y;
  std::vector<Box> boxes;
};

/// Rectangles with areas in proportion to sizes, grouped. Sizes that are not above 0 take no area.
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

/// A self-contained <svg> element as text, with title and text labels, on a light or a dark ground (texts and axes have
/// the colour of the text around it). Throws std::logic_error where the lists of a chart do not fit each other.
std::string draw(const BarChart& chart);
std::string draw(const LineChart& chart);
std::string draw(const ScatterChart& chart);
std::string draw(const BoxChart& chart);
std::string draw(const Treemap& chart);
std::string draw(const HeatMap& chart);

/// The numbers that a chart shows, for those who do not see it.
Table numbers(const BarChart& chart);
Table numbers(const LineChart& chart);
Table numbers(const ScatterChart& chart);
Table numbers(const BoxChart& chart);
Table numbers(const Treemap& chart);
Table numbers(const HeatMap& chart);

}  // namespace sctab::charts
