#include "lab/charts/squarify.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::charts {
namespace {

// The worst aspect ratio of rectangles with these areas in one row along a side of this length.
double worst_ratio(double least, double greatest, double sum, double side) {
  const double breadth = sum / side;
  return std::max(greatest / (breadth * breadth), breadth * breadth / least);
}

// Places a row of areas along the shorter side and returns the room that remains.
Rect place_row(const std::vector<std::size_t>& row, std::span<const double> areas, const Rect& room,
               std::vector<Rect>& placed) {
  double sum = 0;
  for (const std::size_t i : row) sum += areas[i];
  const bool upright = room.width >= room.height;  // the row is a column at the left
  const double side = upright ? room.height : room.width;
  if (!(side > 0)) return room;  // rounding has used it up
  const double breadth = sum / side;
  double along = 0;
  for (const std::size_t i : row) {
    const double length = areas[i] / breadth;
    placed[i] = upright ? Rect{room.x, room.y + along, breadth, length} : Rect{room.x + along, room.y, length, breadth};
    along += length;
  }
  if (upright) return {room.x + breadth, room.y, std::max(0.0, room.width - breadth), room.height};
  return {room.x, room.y + breadth, room.width, std::max(0.0, room.height - breadth)};
}

}  // namespace

std::vector<Rect> squarify(std::span<const double> sizes, const Rect& area) {
  std::vector<Rect> placed(sizes.size(), Rect{area.x, area.y, 0, 0});
  const double total = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  if (!(total > 0) || !(area.width > 0) || !(area.height > 0)) return placed;
  std::vector<double> areas;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    SCTAB_ASSERT(sizes[i] >= 0);
    areas.push_back(sizes[i] / total * area.width * area.height);
    if (areas[i] > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return areas[a] > areas[b]; });
  Rect room = area;
  std::vector<std::size_t> row;
  double sum = 0;
  for (const std::size_t i : order) {
    const double side = std::min(room.width, room.height);
    const bool better = row.empty() || worst_ratio(areas[i], areas[row.front()], sum + areas[i], side) <=
                                           worst_ratio(areas[row.back()], areas[row.front()], sum, side);
    if (!better) {
      room = place_row(row, areas, room, placed);
      row.clear();
      sum = 0;
    }
    row.push_back(i);
    sum += areas[i];
  }
  place_row(row, areas, room, placed);
  return placed;
}

}  // namespace sctab::charts
