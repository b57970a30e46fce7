#include "sctab/formats/codecs/expander.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>
#include <lzf.h>

#include <bit>
#include <cstring>
#include <utility>

#include "formats/codecs/codec_bytes.hpp"
#include "formats/codecs/encoders.hpp"

namespace sctab::codecs::tests {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 7, 100, 5000, 70'000};

class CodecTest : public testing::Test {
 protected:
  void expect(Codec codec, const Bytes& stream, const Bytes& original) {
    SCOPED_TRACE(std::string(name_of(codec)) + " of " + std::to_string(original.size()));
    expect_expands([&](auto in, auto out) { return expander_.expand(codec, in, out); }, stream, original);
  }
  std::optional<std::size_t> expand(Codec codec, const Bytes& stream, std::size_t room) {
    Bytes out(room);
    return expander_.expand(codec, stream, out);
  }

  Expander expander_;  // one for all: what a failure leaves behind must not reach the next call
};

TEST_F(CodecTest, GivesBackWhatLibrariesCompressed) {
  for (const std::size_t n : kSizes) {
    const Bytes original = some_bytes(n);
    expect(Codec::kDeflate, deflated(original, libdeflate_deflate_compress), original);
    expect(Codec::kZlib, deflated(original, libdeflate_zlib_compress), original);
    expect(Codec::kGzip, deflated(original, libdeflate_gzip_compress), original);
    expect(Codec::kZstd, zstandard(original), original);
    expect(Codec::kLz4Numcodecs, lz4_of_numcodecs(original), original);
    for (const std::size_t block : {64U, 4096U, 1U << 20U})
      expect(Codec::kLz4Hdf5, lz4_of_hdf5(original, block), original);
    if (n > 0) expect(Codec::kBzip2, bzipped(original), original);
  }
}

TEST_F(CodecTest, BytesThatDoNotShrink) {
  const Bytes original = some_bytes(3000, 256);
  expect(Codec::kLz4Hdf5, lz4_of_hdf5(original, 50), original);
  expect(Codec::kZstd, zstandard(original), original);
  expect(Codec::kLz4Numcodecs, lz4_of_numcodecs(original), original);
}

TEST_F(CodecTest, StreamsOneAfterTheOther) {
  const Bytes first = some_bytes(1000), second = some_bytes(500);
  Bytes both = first;
  both.insert(both.end(), second.begin(), second.end());
  const auto joined = [&](const auto& compress) {
    Bytes stream = compress(first);
    const Bytes more = compress(second);
    stream.insert(stream.end(), more.begin(), more.end());
    return stream;
  };
  Bytes gzip = joined([](const Bytes& bytes) { return deflated(bytes, libdeflate_gzip_compress); });
  expect(Codec::kGzip, gzip, both);
  gzip.resize(gzip.size() + 10);
  EXPECT_EQ(expand(Codec::kGzip, gzip, 2000), 1500U) << "zeros behind it";
  expect(Codec::kZstd, joined(zstandard), both);
}

TEST_F(CodecTest, ReadsWhatOtherProgramsWrote) {
  Bytes tens(100);
  for (std::size_t i = 0; i < tens.size(); ++i) tens[i] = static_cast<std::byte>(i / 10);
  // hdf5plugin 7.1
  expect(Codec::kLz4Hdf5,
         from_hex("0000000000000064000000640000002f1500010015010100150201001503010015040100150501001506010015070100"
                  "15080100a009090909090909090909"),
         tens);
  expect(Codec::kLz4Hdf5,
         from_hex("0000000000000064000000400000001e15000100150101001502010015030100150401001405010050050606060600000017"
                  "110601001507010015080100a009090909090909090909"),
         tens);
  expect(Codec::kZstd, from_hex("28b52ffd2064e500005800000102030405060708090a100045ca1556a45c6145ca1546b401"), tens);
  // numcodecs 0.17
  expect(Codec::kLz4Numcodecs,
         from_hex("64000000150001001501010015020100150301001504010015050100150601001507010015080100a0090909090909"
                  "09090909"),
         tens);
  expect(Codec::kBzip2,
         from_hex("425a6831314159265359c41b628c00000040007fe0200022bf290da9a10030b468763c1e8d992492e1af62550e0fc5"
                  "dc914e14243106d8a300"),
         tens);
}

TEST_F(CodecTest, ChecksumsAreLookedAt) {
  const Bytes original = some_bytes(1000);
  for (const auto& [codec, compress] : {std::pair<Codec, Deflate>(Codec::kZlib, libdeflate_zlib_compress),
                                        std::pair<Codec, Deflate>(Codec::kGzip, libdeflate_gzip_compress)}) {
    Bytes stream = deflated(original, compress);
    stream[stream.size() - (codec == Codec::kZlib ? 1 : 5)] ^= std::byte{1};
    EXPECT_EQ(expand(codec, stream, original.size()), std::nullopt) << name_of(codec);
  }
}

TEST_F(CodecTest, SizesThatStreamsAnnounceAreNotTrusted) {
  // 2^62 bytes; blocks of none; a block longer than the stream; less than the block holds.
  const Bytes block = lz4_block(some_bytes(100));
  const auto lz4 = [&](std::uint64_t n, std::uint64_t of_block, std::uint64_t stored) {
    Bytes stream;
    append_number(stream, n, 8, std::endian::big);
    append_number(stream, of_block, 4, std::endian::big);
    append_number(stream, stored, 4, std::endian::big);
    stream.insert(stream.end(), block.begin(), block.end());
    return stream;
  };
  EXPECT_EQ(expand(Codec::kLz4Hdf5, lz4(100, 100, block.size()), 200), 100U);
  EXPECT_EQ(expand(Codec::kLz4Hdf5, lz4(std::uint64_t{1} << 62U, 100, block.size()), 200), std::nullopt);
  EXPECT_EQ(expand(Codec::kLz4Hdf5, lz4(100, 0, block.size()), 200), std::nullopt);
  EXPECT_EQ(expand(Codec::kLz4Hdf5, lz4(100, 100, block.size() + 1), 200), std::nullopt);
  EXPECT_EQ(expand(Codec::kLz4Hdf5, lz4(101, 101, block.size()), 200), std::nullopt);
  EXPECT_EQ(expand(Codec::kLz4Hdf5, lz4(99, 99, block.size()), 200), std::nullopt);
}

TEST_F(CodecTest, NothingIsNoStream) {
  for (const Codec codec : {Codec::kDeflate, Codec::kZlib, Codec::kGzip, Codec::kZstd, Codec::kLz4Hdf5,
                            Codec::kLz4Numcodecs, Codec::kBlosc, Codec::kBzip2}) {
    EXPECT_EQ(expander_.expand(codec, {}, {}), std::nullopt) << name_of(codec);
    EXPECT_EQ(expand(codec, {}, 10), std::nullopt) << name_of(codec);
  }
  EXPECT_EQ(expand(Codec::kLzf, {}, 10), 0U);
}

class LzfTest : public CodecTest {
 protected:
  static Bytes bytes(std::initializer_list<int> values) {
    Bytes out;
    for (const int value : values) out.push_back(static_cast<std::byte>(value));
    return out;
  }
};

TEST_F(LzfTest, LiteralsAndCopies) {
  // 3 literals "abc", then copy 3 + 2 bytes from 3 back: "abcab".
  Bytes out(8);
  ASSERT_EQ(expander_.expand(Codec::kLzf, bytes({2, 'a', 'b', 'c', 3 << 5, 2}), out), 8U);
  EXPECT_EQ(std::memcmp(out.data(), "abcabcab", 8), 0);
}

TEST_F(LzfTest, LongRunOverlapsItself) {
  // One literal, then 7 + 255 + 2 bytes from 1 back.
  Bytes out(300);
  ASSERT_EQ(expander_.expand(Codec::kLzf, bytes({0, 'z', 7 << 5, 255, 0}), out), 265U);
  EXPECT_EQ(out[264], std::byte{'z'});
  EXPECT_EQ(out[265], std::byte{0});
}

TEST_F(LzfTest, RefusesDamage) {
  EXPECT_FALSE(expand(Codec::kLzf, bytes({2, 'a', 'b'}), 4)) << "literals cut off";
  EXPECT_FALSE(expand(Codec::kLzf, bytes({0, 'a', 1 << 5, 1}), 4)) << "copy from before the start";
  EXPECT_FALSE(expand(Codec::kLzf, bytes({0, 'a', 1 << 5}), 4)) << "distance cut off";
  EXPECT_FALSE(expand(Codec::kLzf, bytes({0, 'a', 7 << 5}), 4)) << "length cut off";
  EXPECT_FALSE(expand(Codec::kLzf, bytes({0, 'a', 3 << 5, 0}), 4)) << "output too small";
}

TEST_F(LzfTest, GivesBackWhatTheLibraryCompressed) {
  const Bytes original = some_bytes(5000);
  Bytes stream(original.size());
  stream.resize(lzf_compress(original.data(), static_cast<unsigned>(original.size()), stream.data(),
                             static_cast<unsigned>(stream.size())));
  ASSERT_FALSE(stream.empty());
  expect(Codec::kLzf, stream, original);
}

}  // namespace
}  // namespace sctab::codecs::tests
