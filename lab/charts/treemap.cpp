#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/charts/chart.hpp"
#include "lab/charts/squarify.hpp"
#include "lab/charts/svg.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::charts {
namespace {

constexpr double kMapWidth = 960, kMapHeight = 600, kHeadHeight = 17;

double size_of(const Treemap::Leaf& leaf) {
  return std::isfinite(leaf.size) && leaf.size > 0 ? leaf.size : 0;
}

// The name, shortened to the lines that fit, and the size below it; nothing if not even a few letters fit.
void draw_label(Svg& svg, const Rect& room, const std::string& name, const std::string& size, std::string_view colour) {
  constexpr double kSize = 11, kLine = 13, kInset = 4;
  const auto n_characters = static_cast<std::size_t>(std::max(0.0, room.width - 2 * kInset) / (0.58 * kSize));
  auto n_lines = static_cast<std::size_t>(std::max(0.0, room.height - kInset) / kLine);
  if (n_characters < 4 || n_lines < 1) return;
  double y = room.y;
  const auto draw_line = [&](const std::string& line) {
    svg.text({room.x + kInset, y += kLine}, shortened(line, n_characters), {.size = kSize, .fill = colour});
  };
  const bool with_size = n_lines > 1 && size.size() <= n_characters;
  n_lines -= with_size ? 1 : 0;
  const std::vector<std::string> lines = wrapped(name, kSize, room.width - 2 * kInset);
  for (std::size_t i = 0; i < std::min(lines.size(), n_lines); ++i) {
    draw_line(i + 1 == n_lines && lines.size() > n_lines ? lines[i] + "…" : lines[i]);
  }
  if (with_size) draw_line(size);
}

void draw_group(Svg& svg, const Treemap::Group& group, Rect room, std::size_t n, double total) {
  const std::string_view colour = series_colour(n), ink = text_colour_on(colour);
  std::vector<double> sizes;
  double sum = 0;
  for (const auto& leaf : group.leaves) {
    sizes.push_back(size_of(leaf));
    sum += sizes.back();
  }
  const auto share = [total](double size) { return fmt::format("{:.1f}%", 100 * size / total); };
  const std::string head = fmt::format("{}: {} ({})", group.name, core::format_number(sum), share(sum));
  svg.rect(room, {.fill = "none", .stroke = "currentColor", .stroke_width = 1.5, .tip = head});
  room = {room.x + 1.5, room.y + 1.5, std::max(0.0, room.width - 3), std::max(0.0, room.height - 3)};
  const auto fitting = static_cast<std::size_t>(room.width / (0.58 * 12));
  if (room.height > 3 * kHeadHeight && fitting >= 5) {
    svg.text({room.x + 3, room.y + 12}, shortened(head, fitting), {.size = 12, .bold = true, .tip = head});
    room = {room.x, room.y + kHeadHeight, room.width, room.height - kHeadHeight};
  }
  const std::vector<Rect> places = squarify(sizes, room);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!(sizes[i] > 0)) continue;
    const std::string& name = group.leaves[i].name;
    const double gap = std::min({0.5, 0.2 * places[i].width, 0.2 * places[i].height});
    const Rect place{places[i].x + gap, places[i].y + gap, places[i].width - 2 * gap, places[i].height - 2 * gap};
    svg.rect(place, {.fill = colour,
                     .tip = fmt::format("{} / {}: {} ({})", group.name, name, core::format_number(sizes[i]),
                                        share(sizes[i]))});
    draw_label(svg, place, name, core::format_number(sizes[i]), ink);
  }
}

}  // namespace

std::string draw(const Treemap& chart) {
  std::vector<double> sizes;
  double total = 0;
  for (const auto& group : chart.groups) {
    double sum = 0;
    for (const auto& leaf : group.leaves) sum += size_of(leaf);
    sizes.push_back(sum);
    total += sum;
  }
  const std::vector<std::string> title = wrapped(chart.title, kTitleSize, kMapWidth - 2 * kMargin);
  const double top = kMargin + kLineHeight * static_cast<double>(title.size());
  Svg svg(kMapWidth, top + kMapHeight + kMargin, chart.title);
  svg.title(title);
  const Rect map{kMargin, top, kMapWidth - 2 * kMargin, kMapHeight};
  if (!(total > 0)) {
    svg.no_value(map);
    return svg.str();
  }
  const std::vector<Rect> places = squarify(sizes, map);
  for (std::size_t n = 0; n < places.size(); ++n) {
    if (sizes[n] > 0) draw_group(svg, chart.groups[n], places[n], n, total);
  }
  return svg.str();
}

}  // namespace sctab::charts
