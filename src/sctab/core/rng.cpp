#include "sctab/core/rng.hpp"

#include <bit>
#include <cmath>
#include <numbers>

#include "sctab/core/error.hpp"

namespace sctab::core {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

// Knuth's product of uniforms, for small means.
std::uint64_t poisson_by_product(Rng& rng, double mean) {
  const double limit = std::exp(-mean);
  std::uint64_t n = 0;
  for (double product = rng.uniform(); product > limit; product *= rng.uniform()) ++n;
  return n;
}

}  // namespace

Rng::Rng(std::uint64_t seed) : seed_(seed) {
  std::uint64_t mixer = seed;
  for (auto& word : state_) word = splitmix64(mixer);
}

Rng Rng::child(std::string_view purpose, std::uint64_t index) const {
  std::uint64_t mixer = seed_ ^ fnv1a(purpose);
  mixer = splitmix64(mixer) + index;
  return Rng(splitmix64(mixer));
}

Rng::result_type Rng::operator()() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  SCTAB_ASSERT(bound > 0);
  // Draws under 2^64 mod bound are refused, so that every remainder is equally likely.
  const std::uint64_t refused = (0 - bound) % bound;
  std::uint64_t draw = (*this)();
  while (draw < refused) draw = (*this)();
  return draw % bound;
}

double Rng::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

// Marsaglia and Tsang (2000); shapes under 1 by the power of a uniform.
double Rng::gamma(double shape) {
  SCTAB_ASSERT(shape > 0);
  if (shape < 1) return gamma(shape + 1) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normal();
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

// Halving by gamma waiting times (Ahrens and Dieter 1974) until the mean is small: exact for any mean.
std::uint64_t Rng::poisson(double mean) {
  SCTAB_ASSERT(mean >= 0);
  std::uint64_t n = 0;
  while (mean > 20) {
    const auto m = static_cast<std::uint64_t>(mean * 7 / 8);
    const double waited = gamma(static_cast<double>(m));
    if (waited > mean) {  // m - 1 arrivals are uniform on (0, waited): count those before `mean`
      std::uint64_t hits = 0;
      for (std::uint64_t i = 0; i + 1 < m; ++i) hits += uniform() * waited < mean ? 1 : 0;
      return n + hits;
    }
    n += m;
    mean -= waited;
  }
  return n + poisson_by_product(*this, mean);
}

}  // namespace sctab::core
