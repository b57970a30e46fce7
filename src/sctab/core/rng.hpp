#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace sctab::core {

/// xoshiro256++ seeded through splitmix64: the same numbers on every machine and with every standard library.
/// Streams that must not touch each other are children: Rng(seed).child("shuffle", epoch).
class Rng {
 public:
  using result_type = std::uint64_t;

  explicit Rng(std::uint64_t seed);

  /// An independent stream named by purpose and index. A function of the seed alone, not of the draws made so far.
  [[nodiscard]] Rng child(std::string_view purpose, std::uint64_t index = 0) const;

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();

  /// Uniform integer in [0, bound), exactly uniform; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Standard normal.
  double normal();
  /// Gamma with this shape and scale 1; shape > 0.
  double gamma(double shape);
  /// Poisson with this mean; mean >= 0.
  std::uint64_t poisson(double mean);

  /// Fisher-Yates: every order equally likely.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t n = items.size(); n > 1; --n) std::swap(items[n - 1], items[below(n)]);
  }

 private:
  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace sctab::core
