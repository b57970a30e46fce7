#include "lab/charts/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr double kMeanCharacterWidth = 0.56;  // as a fraction of the size, in common sans-serif fonts

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

std::size_t n_characters_of(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += begins_character(c) ? 1 : 0;
  return n;
}

/// Rounds to tenths of a pixel, which saves much of the size of a page.
std::string pixels(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string polygon(Point centre, double radius, std::size_t n_corners, double turn, double inner = 1) {
  std::string path;
  for (std::size_t i = 0; i < n_corners; ++i) {
    const double angle = turn + 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n_corners);
    const double reach = radius * (i % 2 == 1 ? inner : 1);
    path += fmt::format("{}{} {}", i == 0 ? "M" : "L", pixels(centre.x + reach * std::sin(angle)),
                        pixels(centre.y - reach * std::cos(angle)));
  }
  return path + "Z";
}

using Colour = std::array<double, 3>;  // red, green, blue, 0 to 255

constexpr std::array<std::string_view, 12> kSeries = {"#2f78c4", "#d9660c", "#26936a", "#a35cc0", "#d0454f", "#1391a3",
                                                      "#9a7420", "#d1589b", "#7c858f", "#6b8e23", "#5a6fd8", "#b0603a"};
// Luminance falls evenly along these.
constexpr std::array<Colour, 5> kShades = {
    {{244, 241, 222}, {178, 216, 178}, {74, 171, 172}, {39, 105, 155}, {43, 35, 96}}};

double luminance(std::string_view colour) {
  const auto part = [&](std::size_t at) {
    const double value = std::stoi(std::string(colour.substr(at, 2)), nullptr, 16) / 255.0;
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

}  // namespace

std::string_view series_colour(std::size_t n) {
  return kSeries.at(n % kSeries.size());
}

std::string shade(double share) {
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(kShades.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(at), kShades.size() - 2);
  const double weight = at - static_cast<double>(below);
  std::string colour = "#";
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = kShades.at(below).at(i) * (1 - weight) + kShades.at(below + 1).at(i) * weight;
    colour += fmt::format("{:02x}", std::lround(value));
  }
  return colour;
}

std::string_view text_colour_on(std::string_view colour) {
  return luminance(colour) > 0.179 ? "#000000" : "#ffffff";  // at this luminance both have a contrast of 4.58
}

Svg::Svg(double width, double height, std::string_view label) {
  text_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{0}\" width=\"{1}\" height=\"{2}\" "
      "viewBox=\"0 0 {1} {2}\" font-family=\"system-ui, sans-serif\">\n",
      escape(label), pixels(width), pixels(height));
}

void Svg::close_shape(std::string_view tag, const Paint& paint) {
  text_ += fmt::format(" fill=\"{}\"", paint.fill);
  if (paint.stroke != "none") {
    text_ += fmt::format(" stroke=\"{}\"", paint.stroke);
    if (paint.stroke_width != 1) text_ += fmt::format(" stroke-width=\"{}\"", pixels(paint.stroke_width));
  }
  if (paint.opacity != 1) text_ += fmt::format(" opacity=\"{:.2f}\"", paint.opacity);
  if (!paint.dashes.empty()) text_ += fmt::format(" stroke-dasharray=\"{}\"", paint.dashes);
  text_ += paint.tip.empty() ? std::string("/>\n") : fmt::format("><title>{}</title></{}>\n", escape(paint.tip), tag);
}

void Svg::line(Point from, Point to, const Paint& paint) {
  text_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"", pixels(from.x), pixels(from.y), pixels(to.x),
                       pixels(to.y));
  close_shape("line", paint);
}

void Svg::polyline(const std::vector<Point>& points, const Paint& paint) {
  text_ += "<polyline points=\"";
  for (const Point& point : points) text_ += fmt::format("{},{} ", pixels(point.x), pixels(point.y));
  text_ += "\"";
  close_shape("polyline", paint);
}

void Svg::rect(const Rect& rect, const Paint& paint) {
  text_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", pixels(rect.x), pixels(rect.y),
                       pixels(rect.width), pixels(rect.height));
  close_shape("rect", paint);
}

void Svg::marker(std::size_t n, Point centre, double radius, const Paint& paint) {
  constexpr double kHalfTurn = std::numbers::pi;
  if (n % 6 == 0) {
    text_ +=
        fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", pixels(centre.x), pixels(centre.y), pixels(0.9 * radius));
    return close_shape("circle", paint);
  }
  std::string path;
  if (n % 6 == 1) path = polygon(centre, 1.2 * radius, 4, kHalfTurn / 4);  // a square
  if (n % 6 == 2) path = polygon(centre, 1.2 * radius, 3, 0);              // a triangle
  if (n % 6 == 3) path = polygon(centre, 1.25 * radius, 4, 0);             // a diamond
  if (n % 6 == 4) path = polygon(centre, 1.2 * radius, 3, kHalfTurn);      // a triangle, its tip down
  if (n % 6 == 5) path = polygon(centre, 1.4 * radius, 10, 0, 0.45);       // a star
  text_ += fmt::format("<path d=\"{}\"", path);
  close_shape("path", paint);
}

void Svg::text(Point place, std::string_view content, const TextStyle& style) {
  text_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"", pixels(place.x), pixels(place.y),
                       pixels(style.size), style.fill);
  if (style.anchor != "start") text_ += fmt::format(" text-anchor=\"{}\"", style.anchor);
  if (style.bold) text_ += " font-weight=\"600\"";
  if (style.rotation != 0) {
    text_ += fmt::format(" transform=\"rotate({} {} {})\"", pixels(style.rotation), pixels(place.x), pixels(place.y));
  }
  text_ += ">" + escape(content);
  if (!style.tip.empty()) text_ += "<title>" + escape(style.tip) + "</title>";
  text_ += "</text>\n";
}

void Svg::title(const std::vector<std::string>& lines) {
  double baseline = kMargin + kTitleSize - 2;
  for (const std::string& line : lines) {
    text({kMargin, baseline}, line, {.size = kTitleSize, .bold = true});
    baseline += kLineHeight;
  }
}

void Svg::no_value(const Rect& area) {
  text({area.x + area.width / 2, area.y + area.height / 2}, core::kNoValueText,
       {.size = kTitleSize, .anchor = "middle"});
}

void Svg::begin_clip(const Rect& rect) {
  text_ += fmt::format(
      "<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1} {2} {3}\" overflow=\"hidden\">\n",
      pixels(rect.x), pixels(rect.y), pixels(rect.width), pixels(rect.height));
}

void Svg::end_clip() {
  text_ += "</svg>\n";
}

std::string Svg::str() const {
  return text_ + "</svg>\n";
}

std::string escape(std::string_view text) {
  static const std::map<char, std::string_view> kEntities = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const auto entity = kEntities.find(c);
    if (entity != kEntities.end()) {
      escaped += entity->second;
    } else if ((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t' || c == '\n') {
      escaped += c;
    }
  }
  return escaped;
}

double text_width(std::string_view text, double size) {
  return kMeanCharacterWidth * size * static_cast<double>(n_characters_of(text));
}

std::string shortened(std::string_view text, std::size_t n_characters) {
  if (n_characters_of(text) <= n_characters) return std::string(text);
  std::size_t n = 0, at = 0;
  for (; at < text.size(); ++at) {
    if (!begins_character(text[at])) continue;
    if (++n == n_characters) break;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::vector<std::string> wrapped(std::string_view text, double size, double width) {
  std::vector<std::string> lines = {""};
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word(text.substr(begin, end - begin));
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (text_width(line, size) + text_width(word, size) + text_width(" ", size) <= width) {
      line += ' ';
      line += word;
    } else {
      lines.push_back(word);
    }
    begin = end + 1;
  }
  return lines;
}

}  // namespace sctab::charts
