#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/charts/scale.hpp"
#include "lab/charts/svg.hpp"

namespace sctab::charts {

/// What is drawn around the values of a chart.
struct AxesOptions {
  enum class Legend { kSquares, kMarkers };

  std::string title, x_title, y_title;
  std::vector<std::string> series;  // a legend is drawn for two or more
  Legend legend = Legend::kSquares;
  std::optional<Scale> x;          // numbers along x, or
  std::vector<std::string> names;  // names along x, one per slot
  double least_slot = 0;           // pixels; a chart with many names grows wider than a page
  std::string note;                // below everything: what is not drawn
};

/// The part that charts with axes share: draws title, legend, axes and grid, and places values.
class Axes {
 public:
  Axes(AxesOptions options, const Scale& y);

  [[nodiscard]] Svg& svg() { return svg_; }
  [[nodiscard]] const Rect& area() const { return layout_.area; }
  /// Pixel positions of values that have a place on the scale.
  [[nodiscard]] double x(double value) const;
  [[nodiscard]] double y(double value) const;
  /// Left end of the nth name's slot.
  [[nodiscard]] double slot_begin(std::size_t n) const;
  [[nodiscard]] double slot_width() const;
  /// Error bar and single values of an estimate.
  void draw_spread(const Estimate& estimate, double x, double half_width, std::string_view colour);
  /// Values are drawn between these two calls, which clip them to the area.
  void begin_values();
  std::string finish();

 private:
  struct Layout {
    Rect area;
    double width = 0, height = 0;
    bool slanted = false;            // names along x
    std::vector<std::string> title;  // lines
    std::vector<Point> legend;       // where each entry begins
    double after_names = 0;          // y below the names
  };
  static Layout lay_out(const AxesOptions& options, const Scale& y);
  void draw_head();
  void draw_y_axis();
  void draw_x_axis();
  void draw_names();

  AxesOptions options_;
  Scale y_;
  Layout layout_;
  Svg svg_;
};

/// How many of the values are finite and outside the scale.
std::size_t n_outside(const Scale& scale, const std::vector<double>& values);
/// "3 values lie outside the axes and are not drawn; the table has them"; empty for 0.
std::string note_of_hidden(std::size_t n);

}  // namespace sctab::charts
