#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "sctab/core/rng.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"

namespace sctab::h5ad {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

std::vector<std::byte> random_bytes(std::size_t n, std::uint64_t kinds) {
  core::Rng rng(7);
  std::vector<std::byte> out(n);
  for (auto& b : out) b = static_cast<std::byte>(rng.below(kinds));
  return out;
}

TEST(Lzf, LiteralsAndCopies) {
  // 3 literals "abc", then copy 3 + 2 bytes from 3 back: "abcab".
  const auto stream = bytes({2, 'a', 'b', 'c', 3 << 5, 2});
  std::vector<std::byte> out(8);
  ASSERT_EQ(hdf5::expand_lzf(stream, out), 8U);
  EXPECT_EQ(std::memcmp(out.data(), "abcabcab", 8), 0);
}

TEST(Lzf, LongRunOverlapsItself) {
  // One literal, then 7 + 255 + 2 bytes from 1 back.
  const auto stream = bytes({0, 'z', 7 << 5, 255, 0});
  std::vector<std::byte> out(300);
  ASSERT_EQ(hdf5::expand_lzf(stream, out), 265U);
  EXPECT_EQ(out[264], std::byte{'z'});
  EXPECT_EQ(out[265], std::byte{0});
}

TEST(Lzf, RefusesDamage) {
  std::vector<std::byte> out(4);
  EXPECT_FALSE(hdf5::expand_lzf(bytes({2, 'a', 'b'}), out)) << "literals cut off";
  EXPECT_FALSE(hdf5::expand_lzf(bytes({0, 'a', 1 << 5, 1}), out)) << "copy from before the start";
  EXPECT_FALSE(hdf5::expand_lzf(bytes({0, 'a', 1 << 5}), out)) << "distance cut off";
  EXPECT_FALSE(hdf5::expand_lzf(bytes({0, 'a', 7 << 5}), out)) << "length cut off";
  EXPECT_FALSE(hdf5::expand_lzf(bytes({0, 'a', 3 << 5, 0}), out)) << "output too small";
  EXPECT_EQ(hdf5::expand_lzf({}, out), 0U);
}

TEST(ChunkCodec, ShuffleGroupsBytesOfTheSameWeight) {
  const auto in = bytes({1, 2, 3, 4, 5, 6});
  std::vector<std::byte> out(6);
  hdf5::shuffle_bytes(in, 2, out);
  EXPECT_EQ(out, bytes({1, 3, 5, 2, 4, 6}));
}

TEST(ChunkCodec, RoundTrip) {
  for (const std::size_t size : {1, 2, 3, 4, 8}) {
    for (const std::size_t n : {1, 5, 1000}) {
      const auto in = random_bytes(n * size, size == 4 ? 256 : 3);
      const auto compressed = hdf5::ChunkCompressor(4).compress(in, size);
      std::vector<std::byte> shuffled(in.size()), out(in.size());
      ASSERT_TRUE(hdf5::ZlibDecompressor().decompress(compressed, shuffled));
      hdf5::unshuffle_bytes(shuffled, n, size, 0, out);
      EXPECT_EQ(out, in) << n << " elements of " << size;
    }
  }
}

TEST(ChunkCodec, PartsAndLowerBytesOfElements) {
  for (const std::size_t size : {2, 3, 4, 8}) {
    const std::size_t n = 1000, first = 123;
    const auto in = random_bytes(n * size, 256);
    std::vector<std::byte> shuffled(in.size());
    hdf5::shuffle_bytes(in, size, shuffled);
    for (const std::size_t taken : {std::size_t{1}, std::size_t{2}, size}) {
      std::vector<std::byte> out((n - first) * taken);
      hdf5::unshuffle_bytes(shuffled, n, taken, first, out);
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_EQ(out[i], in[(first + i / taken) * size + i % taken])
            << taken << " bytes of " << size << ", byte " << i;
      }
    }
  }
}

TEST(ChunkCodec, ExpandsWhatComesBeforeZeros) {
  constexpr std::size_t kWanted = 3000, kZeros = 2000, kRoom = hdf5::ZlibDecompressor::kRoomForLastMatch;
  auto in = random_bytes(kWanted, 5);
  in.resize(kWanted + kZeros);
  const auto compressed = hdf5::ChunkCompressor(4).compress(in, 1);
  hdf5::ZlibDecompressor zlib;
  std::vector<std::byte> out(kWanted + kRoom);
  EXPECT_TRUE(zlib.decompress_before_zeros(compressed, kZeros, out));
  EXPECT_TRUE(std::equal(out.begin(), out.begin() + kWanted, in.begin()));
  EXPECT_FALSE(zlib.decompress_before_zeros(compressed, kZeros + 1, out)) << "the number of zeros was not looked at";
  in[kWanted + 1000] = std::byte{1};
  EXPECT_FALSE(zlib.decompress_before_zeros(hdf5::ChunkCompressor(4).compress(in, 1), kZeros, out));
  EXPECT_FALSE(zlib.decompress_before_zeros(std::span(compressed).first(3), kZeros, out));
  EXPECT_FALSE(zlib.decompress_before_zeros(compressed, 1, out)) << "all of the stream would fit";
}

TEST(ChunkCodec, DamageAndWrongSizesAreSeen) {
  const auto in = random_bytes(4000, 5);
  auto compressed = hdf5::ChunkCompressor(4).compress(in, 4);
  std::vector<std::byte> out(in.size());
  hdf5::ZlibDecompressor zlib;
  EXPECT_FALSE(zlib.decompress(compressed, std::span(out).first(3996)));
  compressed.back() ^= std::byte{1};
  EXPECT_FALSE(zlib.decompress(compressed, out)) << "the checksum was not looked at";
}

}  // namespace
}  // namespace sctab::h5ad
