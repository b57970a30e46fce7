#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/charts/scale.hpp"
#include "lab/charts/svg.hpp"

namespace sctab::charts {

/// What stands around the values of a chart.
struct FrameOptions {
  enum class Legend { kSquares, kMarkers };

  std::string title, x_title, y_title;
  std::vector<std::string> series;  // a legend of them where there are two or more
  Legend legend = Legend::kSquares;
  std::optional<Scale> x;          // numbers along x, or
  std::vector<std::string> names;  // names along x, one a slot
  double least_slot = 0;           // pixels; a chart of many names becomes wider than a page
  std::string note;                // below all: what is not drawn
};

/// The common part of charts with axes: draws title, legend, axes and grid, and places values.
class Frame {
 public:
  Frame(FrameOptions options, const Scale& y);

  [[nodiscard]] Svg& svg() { return svg_; }
  [[nodiscard]] const Rect& area() const { return layout_.area; }
  /// For values that have a place on the scale.
  [[nodiscard]] double x(double value) const;
  [[nodiscard]] double y(double value) const;
  /// Of the nth name.
  [[nodiscard]] double slot_begin(std::size_t n) const;
  [[nodiscard]] double slot_width() const;
  /// Error bar and single values of an estimate.
  void draw_spread(const Estimate& estimate, double x, double half_width, std::string_view colour);
  /// In the middle, where a chart has nothing to show.
  void say_no_values();
  /// Values are drawn between these two, so that none stands over the texts around.
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
  static Layout lay_out(const FrameOptions& options, const Scale& y);
  void draw_head();
  void draw_y_axis();
  void draw_x_axis();
  void draw_names();

  FrameOptions options_;
  Scale y_;
  Layout layout_;
  Svg svg_;
};

/// "3 values lie outside the axes; the numbers have them", empty for 0.
std::string note_of_hidden(std::size_t n);

}  // namespace sctab::charts
