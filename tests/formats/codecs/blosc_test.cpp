#include <blosc.h>
#include <gtest/gtest.h>

#include "formats/codecs/codec_bytes.hpp"
#include "formats/codecs/encoders.hpp"
#include "sctab/formats/codecs/blosclz.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::codecs::tests {
namespace {

class BloscTest : public testing::Test {
 protected:
  void expect(const Bytes& original, const BloscForm& form) {
    SCOPED_TRACE(std::string(form.inner) + ", shuffle " + std::to_string(form.shuffle) + ", elements of " +
                 std::to_string(form.element_size) + ", " + std::to_string(original.size()) + " bytes, blocks of " +
                 std::to_string(form.block_bytes));
    expect_expands([&](auto in, auto out) { return expander_.expand(Codec::kBlosc, in, out); }, blosc(original, form),
                   original);
  }
  std::optional<std::size_t> expand(const Bytes& stream, std::size_t room) {
    Bytes out(room);
    return expander_.expand(Codec::kBlosc, stream, out);
  }

  Expander expander_;
};

// Block sizes that are no multiple of 8 elements, streams split by bytes and not, a shorter block at the end.
TEST_F(BloscTest, GivesBackWhatBloscCompressed) {
  for (const char* inner : {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"}) {
    for (const int shuffle : {BLOSC_NOSHUFFLE, BLOSC_SHUFFLE, BLOSC_BITSHUFFLE}) {
      for (const std::size_t size : {1, 2, 3, 4, 8, 16, 17}) {
        for (const std::size_t n : {0, 1, 100, 4096, 20'011}) {
          expect(some_bytes(n), {.inner = inner, .shuffle = shuffle, .element_size = size});
        }
        expect(some_bytes(20'011), {.inner = inner, .shuffle = shuffle, .element_size = size, .block_bytes = 3000});
      }
    }
  }
}

TEST_F(BloscTest, ManyBlocksAndAllLevels) {
  for (int level = 0; level <= 9; ++level) {
    for (const char* inner : {"blosclz", "lz4", "zstd"}) {
      expect(some_bytes(400'000), {.inner = inner, .block_bytes = 32'768, .level = level});
    }
  }
}

TEST_F(BloscTest, BytesThatDoNotShrink) {
  for (const char* inner : {"blosclz", "lz4", "snappy", "zlib", "zstd"}) {
    core::Rng rng(3);
    Bytes original(10'000);
    for (auto& byte : original) byte = static_cast<std::byte>(rng.below(256));
    expect(original, {.inner = inner, .shuffle = BLOSC_BITSHUFFLE});
  }
}

TEST_F(BloscTest, ReadsWhatOtherProgramsWrote) {
  // 100 numbers of 32 bits, ten times each, by hdf5plugin 7.1
  Bytes original(400);
  for (std::size_t i = 0; i < 100; ++i) original[4 * i] = static_cast<std::byte>(i / 10);
  const Bytes stream = from_hex(
      "0201310490010000900100004e0000001400000036000000150001001501010015020100150301001504010015050100150601001507"
      "010015080100150901000563000f0200ff0c500000000000");
  expect_expands([&](auto in, auto out) { return expander_.expand(Codec::kBlosc, in, out); }, stream, original);
}

TEST_F(BloscTest, WhatHeadersAnnounceIsNotTrusted) {
  const Bytes stream = blosc(some_bytes(4000), {});
  ASSERT_EQ(expand(stream, 4000), 4000U);
  const auto with = [&](std::size_t at, std::initializer_list<int> bytes) {
    Bytes changed = stream;
    for (const int byte : bytes) changed[at++] = static_cast<std::byte>(byte);
    return changed;
  };
  EXPECT_EQ(expand(with(0, {5}), 4000), std::nullopt) << "Blosc 2";
  EXPECT_EQ(expand(with(2, {0x0B}), 4000), std::nullopt) << "flags of the future";
  EXPECT_EQ(expand(with(2, {0xE1}), 4000), std::nullopt) << "a compressor of the future";
  EXPECT_EQ(expand(with(3, {0}), 4000), std::nullopt) << "elements of 0 bytes";
  EXPECT_EQ(expand(with(4, {0xFF, 0xFF, 0xFF, 0x7F}), 4000), std::nullopt) << "2 GB";
  EXPECT_EQ(expand(with(8, {0, 0, 0, 0}), 4000), std::nullopt) << "blocks of 0 bytes";
  EXPECT_EQ(expand(with(8, {1, 0, 0, 0}), 4000), std::nullopt) << "4,000 blocks";
  EXPECT_EQ(expand(with(12, {0xFF, 0xFF, 0xFF, 0x7F}), 4000), std::nullopt) << "more than there is";
  EXPECT_EQ(expand(with(12, {0, 0, 0, 0}), 4000), std::nullopt) << "less than a header";
  EXPECT_EQ(expand(with(16, {0xFF, 0xFF, 0xFF, 0xFF}), 4000), std::nullopt) << "a block before the buffer";
  EXPECT_EQ(expand(with(20, {0xFF, 0xFF, 0xFF, 0xFF}), 4000), std::nullopt) << "a stream of -1 bytes";
}

// A length of 2^31: c-blosc 1.21 wrote all over the memory.
TEST(BloscLz, LengthsDoNotRunOver) {
  Bytes stream = {std::byte{0}, std::byte{'a'}, std::byte{0xE0}};
  stream.resize(stream.size() + (std::size_t{1} << 31U) / 255 + 2, std::byte{0xFF});
  stream.insert(stream.end(), {std::byte{0}, std::byte{0}, std::byte{0}});
  GuardedRoom room(1000);
  EXPECT_EQ(expand_blosclz(stream, room.span()), std::nullopt);
  EXPECT_TRUE(room.is_intact());
}

TEST(BloscLz, DistancesReachNoFurtherThanTheStart) {
  Bytes out(20);
  // One literal, then 3 bytes from 1 back, and from 2 back.
  const Bytes near = from_hex("00612000"), far = from_hex("00612001");
  ASSERT_EQ(expand_blosclz(near, out), 4U);
  EXPECT_EQ(out[3], std::byte{'a'});
  EXPECT_EQ(expand_blosclz(far, out), std::nullopt);
  EXPECT_EQ(expand_blosclz(from_hex("00613fff0000"), out), std::nullopt) << "8,192 back";
  EXPECT_EQ(expand_blosclz(from_hex("00613fff00"), out), std::nullopt) << "cut off within the distance";
  EXPECT_EQ(expand_blosclz(from_hex("0061e0"), out), std::nullopt) << "cut off within the length";
  EXPECT_EQ(expand_blosclz(from_hex("056161"), out), std::nullopt) << "cut off within literals";
}

}  // namespace
}  // namespace sctab::codecs::tests
