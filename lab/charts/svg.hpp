#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::charts {

/// Pixels, y downwards.
struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
};

struct Point {
  double x = 0, y = 0;
};

/// How a shape looks.
struct Paint {
  std::string_view fill = "none", stroke = "none";
  double stroke_width = 1, opacity = 1;
  std::string_view dashes = {};  // lengths of dash and gap: "4 3"
  std::string tip = {};          // shown where the pointer rests on the shape; empty: none
};

struct TextStyle {
  double size = 12;
  std::string_view anchor = "start";  // start, middle, end
  std::string_view fill = "currentColor";
  double rotation = 0;  // degrees, clockwise about its own place
  bool bold = false;
  std::string tip = {};
};

/// The text of one <svg> element, shape by shape. Texts given are plain and escaped here.
class Svg {
 public:
  /// label: what the picture is, for those who do not see it.
  Svg(double width, double height, std::string_view label);

  void line(Point from, Point to, const Paint& paint);
  void polyline(const std::vector<Point>& points, const Paint& paint);
  void rect(const Rect& rect, const Paint& paint);
  /// The nth of six shapes that differ without colour, around its centre.
  void marker(std::size_t n, Point centre, double radius, const Paint& paint);
  void text(Point place, std::string_view content, const TextStyle& style = {});
  /// What is drawn until end_clip() is seen only within `rect`; its coordinates are still those of the picture.
  void begin_clip(const Rect& rect);
  void end_clip();

  [[nodiscard]] std::string str() const;

 private:
  void close_shape(std::string_view tag, const Paint& paint);
  std::string text_;
};

/// For HTML and XML, in texts and in attributes; control characters, which XML has not, are left out.
std::string escape(std::string_view text);
/// How wide a text will be, roughly: it is not known which font there is.
double text_width(std::string_view text, double size);
/// The text, or its beginning and "…" where it is longer than so many characters.
std::string shortened(std::string_view text, std::size_t n_characters);
/// Lines of at most so many pixels, cut at blanks.
std::vector<std::string> wrapped(std::string_view text, double size, double width);

}  // namespace sctab::charts
