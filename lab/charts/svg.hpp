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

/// What all pictures share, in pixels: the margin around them, the sizes of titles and other text, the height of lines.
inline constexpr double kMargin = 12, kTitleSize = 15, kTextSize = 12, kLineHeight = 20;

/// How a shape looks.
struct Paint {
  std::string_view fill = "none", stroke = "none";
  double stroke_width = 1, opacity = 1;
  std::string_view dashes = {};  // lengths of dash and gap: "4 3"
  std::string tip = {};          // tooltip; empty: none
};

struct TextStyle {
  double size = 12;
  std::string_view anchor = "start";  // start, middle, end
  std::string_view fill = "currentColor";
  double rotation = 0;  // degrees, clockwise about its own place
  bool bold = false;
  std::string tip = {};
};

/// Builds one <svg> element shape by shape. Text arguments are plain and are escaped here.
class Svg {
 public:
  /// label: what the picture shows, for screen readers.
  Svg(double width, double height, std::string_view label);

  void line(Point from, Point to, const Paint& paint);
  void polyline(const std::vector<Point>& points, const Paint& paint);
  void rect(const Rect& rect, const Paint& paint);
  /// The nth of six shapes that can be told apart without colour, around its centre.
  void marker(std::size_t n, Point centre, double radius, const Paint& paint);
  void text(Point place, std::string_view content, const TextStyle& style = {});
  /// A title from the top of the picture, one line below the other.
  void title(const std::vector<std::string>& lines);
  /// Says in the middle of an area that there is nothing to show.
  void no_value(const Rect& area);
  /// Clips what is drawn until end_clip() to `rect`; coordinates stay those of the picture.
  void begin_clip(const Rect& rect);
  void end_clip();

  [[nodiscard]] std::string str() const;

 private:
  void close_shape(std::string_view tag, const Paint& paint);
  std::string text_;
};

/// Escapes text and attributes for HTML and XML, and drops control characters, which XML does not allow.
std::string escape(std::string_view text);
/// Roughly how wide a text will be: the font is unknown.
double text_width(std::string_view text, double size);
/// The text, or its beginning and "…" if it is longer than that many characters.
std::string shortened(std::string_view text, std::size_t n_characters);
/// The text in lines of at most that many pixels, broken at spaces.
std::vector<std::string> wrapped(std::string_view text, double size, double width);

/// Colour of the nth series or group, as "#rrggbb". Each has a contrast of 3 or more on white and on the dark
/// background of a Page. They repeat after twelve.
std::string_view series_colour(std::size_t n);
/// A shade for a fraction of 0 to 1, from pale to dark, in the same order in grey.
std::string shade(double share);
/// Black or white, whichever reads better on a colour: a contrast of 4.5 or more on every colour.
std::string_view text_colour_on(std::string_view colour);

}  // namespace sctab::charts
