#include "sctab/formats/codecs/blosclz.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "sctab/formats/codecs/stored_number.hpp"

namespace sctab::codecs {
namespace {

// An instruction begins with a byte. Below 32, it announces as many literals and one more. Else its upper 3 bits are
// the length of a match, less 2, and its lower 5 the higher bits of the distance, less 1.
constexpr std::uint8_t kFirstMatch = 32;
constexpr std::size_t kShortestMatch = 3, kLongerLength = 7 - 1;
constexpr std::size_t kFarDistance = 8191;  // distances of all ones: the next two bytes go on from here

struct Match {
  std::size_t length = 0, distance = 0;
};

/// Takes the rest of a match that begins with this byte. False where the stream ends within it, or where it is longer
/// than `most`, which it shall not overflow on the way.
bool take_match(std::uint8_t first, std::size_t most, Stream& stream, Match& match) {
  std::uint8_t byte = 0;
  match.length = static_cast<std::size_t>(first >> 5U) - 1;
  if (match.length == kLongerLength) {
    do {
      if (!stream.take(byte, std::endian::little)) return false;
      match.length += byte;
      if (match.length > most) return false;
    } while (byte == 255);
  }
  match.length += kShortestMatch;
  if (!stream.take(byte, std::endian::little)) return false;
  match.distance = (std::size_t{first} & 31U) << 8U | byte;
  if (match.distance == kFarDistance) {
    std::uint16_t further = 0;
    if (!stream.take(further, std::endian::big)) return false;
    match.distance += further;
  }
  ++match.distance;
  return match.length <= most;
}

/// Copies what lies `distance` back, which may overlap what it becomes.
void repeat(std::byte* to, const Match& match) {
  const std::byte* const from = to - match.distance;
  if (match.distance >= match.length) {
    std::memcpy(to, from, match.length);
  } else if (match.distance == 1) {
    std::memset(to, std::to_integer<int>(*from), match.length);
  } else {
    for (std::size_t i = 0; i < match.length; ++i) to[i] = from[i];
  }
}

}  // namespace

std::optional<std::size_t> expand_blosclz(std::span<const std::byte> in, std::span<std::byte> out) {
  Stream stream(in);
  std::size_t n = 0;
  std::uint8_t first = 0;
  if (!stream.take(first, std::endian::little)) return 0;
  first &= 31U;  // a stream begins with literals; the other bits give the version
  do {
    const std::size_t room = out.size() - n;
    if (first >= kFirstMatch) {
      Match match;
      if (!take_match(first, room, stream, match) || match.distance > n) return std::nullopt;
      repeat(out.data() + n, match);
      n += match.length;
      continue;
    }
    std::span<const std::byte> literals;
    const std::size_t n_literals = std::size_t{first} + 1;
    if (n_literals > room || !stream.take(literals, n_literals)) return std::nullopt;
    std::memcpy(out.data() + n, literals.data(), n_literals);
    n += n_literals;
  } while (stream.take(first, std::endian::little));
  return n;
}

}  // namespace sctab::codecs
