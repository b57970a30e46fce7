#include "sctab/formats/codecs/checksums.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

#include "formats/codecs/codec_bytes.hpp"

namespace sctab::codecs::tests {
namespace {

std::uint32_t crc_of(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text)));
}

/// A bit at a time, as RFC 3720 defines it.
std::uint32_t slow_crc(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x82F63B78U : crc >> 1U;
  }
  return ~crc;
}

TEST(Crc32c, KnownValues) {
  EXPECT_EQ(crc_of(""), 0U);
  EXPECT_EQ(crc_of("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(Bytes(32)), 0x8A9136AAU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(Bytes(32, std::byte{0xFF})), 0x62A8AB43U);
}

TEST(Crc32c, EveryLength) {
  const Bytes bytes = some_bytes(100, 256);
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const auto part = std::span(bytes).first(n);
    EXPECT_EQ(crc32c(part), slow_crc(part)) << n;
  }
}

TEST(Crc32c, AtTheEnd) {
  Bytes bytes = some_bytes(21);
  const std::uint32_t crc = crc32c(bytes);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::byte>(crc >> (8 * i)));
  EXPECT_TRUE(has_crc32c(bytes));
  bytes[3] ^= std::byte{1};
  EXPECT_FALSE(has_crc32c(bytes));
  EXPECT_FALSE(has_crc32c(std::span(bytes).first(3)));
  EXPECT_TRUE(has_crc32c(Bytes(4))) << "of nothing, it is 0";
}

// H5_checksum_fletcher32's definition, a word at a time.
TEST(Fletcher32, AtTheEnd) {
  for (const std::size_t n : {1, 2, 3, 720, 721, 5000}) {
    Bytes bytes = some_bytes(n, 256);
    std::uint64_t first = 0, second = 0;
    for (std::size_t i = 0; i < n; i += 2) {
      first += std::to_integer<std::uint64_t>(bytes[i]) << 8U;
      if (i + 1 < n) first += std::to_integer<std::uint64_t>(bytes[i + 1]);
      first %= 65'535;
      second = (second + first) % 65'535;
    }
    const auto sum = static_cast<std::uint32_t>(second << 16U | first);
    bytes.resize(n + 4);
    std::memcpy(bytes.data() + n, &sum, 4);
    EXPECT_TRUE(has_fletcher32(bytes)) << n;
    bytes[n / 2] ^= std::byte{2};
    EXPECT_FALSE(has_fletcher32(bytes)) << n;
  }
  EXPECT_FALSE(has_fletcher32(Bytes(3)));
}

}  // namespace
}  // namespace sctab::codecs::tests
