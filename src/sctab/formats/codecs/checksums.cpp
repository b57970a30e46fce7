#include "sctab/formats/codecs/checksums.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "sctab/formats/codecs/stored_number.hpp"

namespace sctab::codecs {
namespace {

constexpr std::size_t kChecksumBytes = 4;

/// tables[k][b]: what byte b does to the checksum with k bytes behind it.
constexpr auto kCrcTables = [] {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? kReversedPolynomial : 0U);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint32_t crc = tables[k - 1][b];
      tables[k][b] = crc >> 8U ^ tables[0][crc & 0xFFU];
    }
  }
  return tables;
}();

}  // namespace

bool has_fletcher32(std::span<const std::byte> bytes) {
  if (bytes.size() < 4) return false;
  const auto content = bytes.first(bytes.size() - 4);
  // Of words with the higher byte first; modulo 65,535, but for a sum of 0 that stays 65,535 where it was not all
  // zeros.
  std::uint32_t first = 0, second = 0;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffffU) + (sum >> 16U); };
  constexpr std::size_t kSafeWords = 360;  // before the sums outgrow 32 bits
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.size(), at + 2 * kSafeWords);
    for (; at < end; at += 2) {
      const auto high = std::to_integer<std::uint32_t>(content[at]);
      const auto low = at + 1 < content.size() ? std::to_integer<std::uint32_t>(content[at + 1]) : 0U;
      first += high << 8U | low;
      second += first;
    }
    first = fold(first);
    second = fold(second);
  }
  first = fold(first);
  second = fold(second);
  const std::uint32_t sum = second << 16U | first;
  // HDF5 before 1.6.3 swapped the bytes of each half.
  const std::uint32_t swapped = (sum & 0x00ff00ffU) << 8U | (sum & 0xff00ff00U) >> 8U;
  std::uint32_t stored = 0;
  std::memcpy(&stored, bytes.last(4).data(), sizeof(stored));
  return stored == sum || stored == swapped;
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const std::uint64_t word = number_at<std::uint64_t>(bytes, std::endian::little) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= kCrcTables[7 - k][word >> (8 * k) & 0xFFU];
  }
  for (const std::byte byte : bytes)
    crc = crc >> 8U ^ kCrcTables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  return ~crc;
}

bool has_crc32c(std::span<const std::byte> bytes) {
  if (bytes.size() < kChecksumBytes) return false;
  const std::size_t n = bytes.size() - kChecksumBytes;
  return crc32c(bytes.first(n)) == number_at<std::uint32_t>(bytes.subspan(n), std::endian::little);
}

}  // namespace sctab::codecs
