#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/core/rng.hpp"

namespace sctab::codecs::tests {

using Bytes = std::vector<std::byte>;

/// "0a ff" without the space.
inline Bytes from_hex(std::string_view digits) {
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(value(digits[i]) << 4U | value(digits[i + 1])));
  }
  return bytes;
}

/// Bytes of `kinds` values in runs, as counts have them: they shrink, and some of their blocks do not.
inline Bytes some_bytes(std::size_t n, std::uint64_t kinds = 5) {
  core::Rng rng(n + kinds);
  Bytes bytes(n);
  for (std::size_t i = 0; i < n; ++i) {
    bytes[i] = i > 8 && rng.below(3) > 0 ? bytes[i - 1 - rng.below(8)] : static_cast<std::byte>(rng.below(kinds));
  }
  return bytes;
}

/// Room for n bytes with others around it, which must stay as they are.
class GuardedRoom {
 public:
  explicit GuardedRoom(std::size_t n) : all_(n + 2 * kGuard, kUntouched), n_(n) {}
  [[nodiscard]] std::span<std::byte> span() { return std::span(all_).subspan(kGuard, n_); }
  [[nodiscard]] bool is_intact() const {
    const auto is_untouched = [](std::byte byte) { return byte == kUntouched; };
    return std::all_of(all_.begin(), all_.begin() + kGuard, is_untouched) &&
           std::all_of(all_.end() - kGuard, all_.end(), is_untouched);
  }

 private:
  static constexpr std::ptrdiff_t kGuard = 64;
  static constexpr std::byte kUntouched{0xA5};
  Bytes all_;
  std::size_t n_;
};

/// expand(in, out) gives the bytes back; every prefix of the stream, a changed byte anywhere and room that is too small
/// give something that was written within the room, or nothing.
template <typename Expand>
void expect_expands(const Expand& expand, const Bytes& stream, const Bytes& original) {
  GuardedRoom room(original.size() + 3);
  ASSERT_EQ(expand(std::span<const std::byte>(stream), room.span()), std::optional(original.size()));
  EXPECT_TRUE(std::ranges::equal(original, room.span().first(original.size())));
  EXPECT_TRUE(room.is_intact());
  if (!original.empty()) {
    GuardedRoom small(original.size() - 1);
    EXPECT_EQ(expand(std::span<const std::byte>(stream), small.span()), std::nullopt) << "more than there is room for";
    EXPECT_TRUE(small.is_intact());
  }
  const std::size_t step = std::max<std::size_t>(1, stream.size() / 50);
  for (std::size_t i = 0; i < stream.size(); i += step) {
    const Bytes prefix(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(i));
    const auto written = expand(std::span<const std::byte>(prefix), room.span());
    EXPECT_TRUE(!written || *written <= room.span().size()) << i;
    Bytes changed = stream;
    for (const int flip : {0x01, 0x80, 0xFF}) {
      changed[i] = stream[i] ^ static_cast<std::byte>(flip);
      const auto found = expand(std::span<const std::byte>(changed), room.span());
      EXPECT_TRUE(!found || *found <= room.span().size()) << i;
    }
  }
  EXPECT_TRUE(room.is_intact());
}

}  // namespace sctab::codecs::tests
