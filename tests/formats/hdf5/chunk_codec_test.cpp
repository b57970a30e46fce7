#include <gtest/gtest.h>

#include <algorithm>

#include "sctab/core/rng.hpp"
#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"

namespace sctab::hdf5::tests {
namespace {

std::vector<std::byte> random_bytes(std::size_t n, std::uint64_t kinds) {
  core::Rng rng(7);
  std::vector<std::byte> out(n);
  for (auto& b : out) b = static_cast<std::byte>(rng.below(kinds));
  return out;
}

TEST(ChunkCodec, RoundTrip) {
  for (const std::size_t size : {1, 2, 3, 4, 8}) {
    for (const std::size_t n : {1, 5, 1000}) {
      const auto in = random_bytes(n * size, size == 4 ? 256 : 3);
      const auto compressed = ChunkCompressor(4).compress(in, size);
      std::vector<std::byte> shuffled(in.size()), out(in.size());
      ASSERT_TRUE(ZlibDecompressor().decompress(compressed, shuffled));
      codecs::unshuffle_bytes(shuffled, n, size, 0, out);
      EXPECT_EQ(out, in) << n << " elements of " << size;
    }
  }
}

TEST(ChunkCodec, ExpandsWhatComesBeforeZeros) {
  constexpr std::size_t kWanted = 3000, kZeros = 2000, kRoom = ZlibDecompressor::kRoomForLastMatch;
  auto in = random_bytes(kWanted, 5);
  in.resize(kWanted + kZeros);
  const auto compressed = ChunkCompressor(4).compress(in, 1);
  ZlibDecompressor zlib;
  std::vector<std::byte> out(kWanted + kRoom);
  EXPECT_TRUE(zlib.decompress_before_zeros(compressed, kZeros, out));
  EXPECT_TRUE(std::equal(out.begin(), out.begin() + kWanted, in.begin()));
  EXPECT_FALSE(zlib.decompress_before_zeros(compressed, kZeros + 1, out)) << "the number of zeros was not looked at";
  in[kWanted + 1000] = std::byte{1};
  EXPECT_FALSE(zlib.decompress_before_zeros(ChunkCompressor(4).compress(in, 1), kZeros, out));
  EXPECT_FALSE(zlib.decompress_before_zeros(std::span(compressed).first(3), kZeros, out));
  EXPECT_FALSE(zlib.decompress_before_zeros(compressed, 1, out)) << "all of the stream would fit";
}

TEST(ChunkCodec, DamageAndWrongSizesAreSeen) {
  const auto in = random_bytes(4000, 5);
  auto compressed = ChunkCompressor(4).compress(in, 4);
  std::vector<std::byte> out(in.size());
  ZlibDecompressor zlib;
  EXPECT_FALSE(zlib.decompress(compressed, std::span(out).first(3996)));
  compressed.back() ^= std::byte{1};
  EXPECT_FALSE(zlib.decompress(compressed, out)) << "the checksum was not looked at";
}

}  // namespace
}  // namespace sctab::hdf5::tests
