#include "sctab/formats/codecs/bitshuffle.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "formats/codecs/codec_bytes.hpp"
#include "formats/codecs/encoders.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::codecs::tests {
namespace {

class BitshuffleTest : public testing::Test {
 protected:
  void expect(const Bytes& stream, const Bytes& original, const Bitshuffle& form) {
    SCOPED_TRACE(std::to_string(original.size() / form.element_size) + " elements of " +
                 std::to_string(form.element_size) + ", blocks of " + std::to_string(form.block_elements) + ", inner " +
                 std::to_string(static_cast<int>(form.inner)));
    expect_expands([&](auto in, auto out) { return expander_.expand(form, in, out); }, stream, original);
  }

  Expander expander_;
};

TEST_F(BitshuffleTest, TransposesAsTheDefinitionSays) {
  std::vector<std::byte> planes;
  for (const std::size_t size : {1, 2, 3, 4, 7, 8, 12, 16}) {
    for (const std::size_t n : {8, 16, 24, 64, 136, 2048}) {
      const Bytes original = some_bytes(n * size, 256);
      Bytes out(original.size());
      unshuffle_bits(shuffled_bits(original, size), size, planes, out);
      EXPECT_EQ(out, original) << n << " elements of " << size;
    }
  }
}

TEST_F(BitshuffleTest, BlocksAndWhatIsLeft) {
  using Inner = Bitshuffle::Inner;
  for (const Inner inner : {Inner::kNone, Inner::kLz4, Inner::kZstd}) {
    for (const std::size_t size : {1, 2, 3, 4, 8}) {
      for (const std::size_t n : {0, 1, 7, 8, 9, 63, 64, 65, 130, 3001}) {
        const Bytes original = some_bytes(n * size, 3);
        for (const std::size_t block : {8, 64, 4096}) {
          const Bitshuffle form{.element_size = size, .block_elements = block, .inner = inner};
          expect(bitshuffled(original, form), original, form);
        }
      }
    }
  }
}

TEST_F(BitshuffleTest, BlocksThatBitshuffleChooses) {
  for (const std::size_t size : {1, 3, 4, 8, 100}) {
    const std::size_t block = std::max<std::size_t>(8192 / size / 8 * 8, 128);
    const Bytes original = some_bytes(3 * 8192 + 5 * size - 3 * 8192 % size);
    Bitshuffle form{.element_size = size, .block_elements = block, .inner = Bitshuffle::Inner::kNone};
    const Bytes stream = bitshuffled(original, form);
    form.block_elements = 0;
    expect(stream, original, form);
    form.inner = Bitshuffle::Inner::kLz4;
    form.block_elements = block;
    Bytes packed = bitshuffled(original, form);
    std::fill_n(packed.begin() + 8, 4, std::byte{0});
    form.block_elements = 0;
    expect(packed, original, form);
  }
}

template <typename Number>
Bytes numbers(std::size_t n, Number step) {
  Bytes bytes(n * sizeof(Number));
  for (std::size_t i = 0; i < n; ++i) {
    const Number value = static_cast<Number>(static_cast<Number>(i) * step);
    std::memcpy(bytes.data() + i * sizeof(Number), &value, sizeof(Number));
  }
  return bytes;
}

// Chunks by hdf5plugin 7.1.
TEST_F(BitshuffleTest, ReadsWhatOtherProgramsWrote) {
  using Inner = Bitshuffle::Inner;
  expect(from_hex("aaccf0000000000008090a0b0c"), numbers<std::uint8_t>(13, 1),
         {.element_size = 1, .inner = Inner::kNone});
  expect(from_hex("00000000aaaa6666b4b4926d2449388e6aa54c367038803f00c0000000000000c012ec13181544167017"),
         numbers<std::uint16_t>(21, 300), {.element_size = 2, .inner = Inner::kNone});
  expect(from_hex(
             "000000000000004c000020000000003213000100f00daaaa66661e1e54ab3299a42d38cec00faa5acc6cf070007faa2acc4c0800"
             "23008029000602005000000000000017110070281200e0391300"),
         numbers<std::uint32_t>(19, 70'000), {.element_size = 4, .inner = Inner::kLz4});
  expect(from_hex("000000000000004c000020000000003528b52ffd204065010014020000aaaa66661e1e54ab3299a42d38cec00faa5acc6cf0"
                  "70007faa2acc4c0080000300b81fac5837002c0017110070281200e0391300"),
         numbers<std::uint32_t>(19, 70'000), {.element_size = 4, .inner = Inner::kZstd});
  expect(from_hex(
             "000000000000014000000080000000139faaaaccccf0f000ff0001005f50000000000000000015bfaaaaccccf0f000ffffff0001"
             "005d500000000000000000117faaccf00000ff00010021500000000000"),
         numbers<std::uint64_t>(40, 1), {.element_size = 8, .inner = Inner::kLz4});
}

TEST_F(BitshuffleTest, WhatHeadersAnnounceIsNotTrusted) {
  const Bitshuffle form{.element_size = 4, .block_elements = 64};
  const Bytes original = some_bytes(1000), stream = bitshuffled(original, form);
  const auto expand = [&](std::size_t at, std::initializer_list<int> bytes, const Bitshuffle& as) {
    Bytes changed = stream, out(original.size());
    for (const int byte : bytes) changed[at++] = static_cast<std::byte>(byte);
    return expander_.expand(as, changed, out);
  };
  EXPECT_EQ(expand(0, {}, form), 1000U);
  EXPECT_EQ(expand(0, {0x80}, form), std::nullopt) << "2^63 bytes";
  EXPECT_EQ(expand(7, {0xE7}, form), std::nullopt) << "half an element";
  EXPECT_EQ(expand(8, {0, 0, 0, 28}, form), std::nullopt) << "blocks of 7 elements";
  EXPECT_EQ(expand(12, {0xFF, 0xFF, 0xFF, 0xFF}, form), std::nullopt) << "a block longer than the stream";
  EXPECT_EQ(expand(0, {}, {.element_size = 0}), std::nullopt);
}

}  // namespace
}  // namespace sctab::codecs::tests
