#include "sctab/formats/hdf5/structure/lookup3.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace sctab::hdf5::structure {
namespace {

struct Lookup3State {
  std::uint32_t a, b, c;

  void add(std::span<const std::byte, 12> block) {
    std::array<std::uint32_t, 3> words{};
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(words.data(), block.data(), block.size());
    a += words[0];
    b += words[1];
    c += words[2];
  }
  void mix() {
    a = (a - c) ^ std::rotl(c, 4);
    c += b;
    b = (b - a) ^ std::rotl(a, 6);
    a += c;
    c = (c - b) ^ std::rotl(b, 8);
    b += a;
    a = (a - c) ^ std::rotl(c, 16);
    c += b;
    b = (b - a) ^ std::rotl(a, 19);
    a += c;
    c = (c - b) ^ std::rotl(b, 4);
    b += a;
  }
  void finish() {
    c = (c ^ b) - std::rotl(b, 14);
    a = (a ^ c) - std::rotl(c, 11);
    b = (b ^ a) - std::rotl(a, 25);
    c = (c ^ b) - std::rotl(b, 16);
    a = (a ^ c) - std::rotl(c, 4);
    b = (b ^ a) - std::rotl(a, 14);
    c = (c ^ b) - std::rotl(b, 24);
  }
};

}  // namespace

std::uint32_t lookup3(std::span<const std::byte> bytes) {
  const std::uint32_t start = 0xdeadbeef + static_cast<std::uint32_t>(bytes.size());
  Lookup3State state{start, start, start};
  constexpr std::size_t kBlock = 12;
  while (bytes.size() > kBlock) {
    state.add(bytes.first<kBlock>());
    state.mix();
    bytes = bytes.subspan(kBlock);
  }
  if (bytes.empty()) return state.c;
  std::array<std::byte, kBlock> last{};
  std::memcpy(last.data(), bytes.data(), bytes.size());
  state.add(last);
  state.finish();
  return state.c;
}

}  // namespace sctab::hdf5::structure
