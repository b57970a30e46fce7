#pragma once

#include <cstdint>
#include <span>

namespace sctab::kernels::cpu {

/// Sums over max(score - t, 0): what a step of Newton's method for t takes.
struct Above {
  double sum = 0, squares = 0, count = 0;
};
/// In float, where a bound will do, and in double. scores: finite.
Above sums_above(std::span<const float> scores, float t);
Above sums_above(std::span<const float> scores, double t);

/// Also of scores with NaN among them, which is then lost or not.
float largest_of(std::span<const float> scores);
bool all_finite(std::span<const float> scores);

/// What keep_above() may write beyond the values that it keeps.
inline constexpr std::int64_t kVectorRoom = 16;
/// Moves genes and scores above `limit` to the front, in order, and returns how many those are. Both arrays have
/// kVectorRoom more places than n.
std::int64_t keep_above(std::int32_t* genes, float* scores, std::int64_t n, float limit);

}  // namespace sctab::kernels::cpu
