#include "lab/charts/palette.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sctab::charts {
namespace {

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

}  // namespace sctab::charts
