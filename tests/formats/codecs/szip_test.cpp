#include <gtest/gtest.h>

extern "C" {  // libaec 1.0 leaves it out
#include <szlib.h>
}

#include <cstring>
#include <string>

#include "formats/codecs/codec_bytes.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::codecs::tests {
namespace {

class SzipTest : public testing::Test {
 protected:
  void expect(const Bytes& stream, const Bytes& original, const Szip& form) {
    SCOPED_TRACE(std::to_string(form.bits_per_pixel) + " bits, " + std::to_string(form.pixels_per_block) + " of " +
                 std::to_string(form.pixels_per_scanline) + " pixels, " + std::to_string(original.size()) + " bytes");
    expect_expands([&](auto in, auto out) { return expander_.expand(form, in, out); }, stream, original);
  }
  std::optional<std::size_t> expand(const Bytes& stream, const Szip& form, std::size_t room) {
    Bytes out(room);
    return expander_.expand(form, stream, out);
  }

  Expander expander_;
};

template <typename Number>
Bytes from_one_by_threes(std::size_t n) {
  Bytes bytes(n * sizeof(Number));
  for (std::size_t i = 0; i < n; ++i) {
    const auto value = static_cast<Number>(3 * i + 1);
    std::memcpy(bytes.data() + i * sizeof(Number), &value, sizeof(Number));
  }
  return bytes;
}

constexpr unsigned kNn = SZ_NN_OPTION_MASK | SZ_RAW_OPTION_MASK | SZ_ALLOW_K13_OPTION_MASK;

// Chunks by HDF5 1.10.8 with libaec 1.0.6, through h5py.
TEST_F(SzipTest, ReadsWhatHdf5Wrote) {
  expect(from_hex("28000000300015554aaa35555aaaa355faa000"), from_one_by_threes<std::uint16_t>(20),
         {.options = kNn | SZ_LSB_OPTION_MASK, .pixels_per_block = 8, .bits_per_pixel = 16, .pixels_per_scanline = 20});
  expect(from_hex("94000000602aaa9554d5556aaa9aaaad55535555aaaa6aafaa8000008000400020"),
         from_one_by_threes<std::int32_t>(37),
         {.options = kNn | SZ_LSB_OPTION_MASK, .pixels_per_block = 8, .bits_per_pixel = 32, .pixels_per_scanline = 37});
  expect(from_hex("5000000000020004000800100020007f8778c0845e4d9af404fce080"), from_one_by_threes<double>(10),
         {.options = kNn | SZ_LSB_OPTION_MASK, .pixels_per_block = 4, .bits_per_pixel = 64, .pixels_per_scanline = 10});
  Bytes swapped = from_one_by_threes<std::uint16_t>(20);
  for (std::size_t i = 0; i < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
  expect(from_hex("28000000300015554aaa35555aaaa355faa000"), swapped,
         {.options = kNn | SZ_MSB_OPTION_MASK, .pixels_per_block = 8, .bits_per_pixel = 16, .pixels_per_scanline = 20});
}

TEST_F(SzipTest, GivesBackWhatTheLibraryCompressed) {
  for (const unsigned bits : {8U, 16U, 24U, 32U, 64U}) {
    for (const unsigned block : {2U, 8U, 10U, 32U}) {
      for (const unsigned line : {64U, 100U, 4096U}) {
        for (const std::size_t n : {1, 63, 100, 5000}) {
          const Bytes original = some_bytes(n * (bits == 24 ? 4 : bits / 8), 3);
          // Pixels of 24 bits lie in 4 bytes.
          Bytes pixels = original;
          if (bits == 24) {
            for (std::size_t i = 3; i < pixels.size(); i += 4) pixels[i] = std::byte{0};
          }
          SZ_com_t settings{.options_mask = static_cast<int>(kNn | SZ_LSB_OPTION_MASK),
                            .bits_per_pixel = static_cast<int>(bits),
                            .pixels_per_block = static_cast<int>(block),
                            .pixels_per_scanline = static_cast<int>(line)};
          Bytes stream(4 * pixels.size() + 40'000);
          std::size_t n_stored = stream.size() - 4;
          ASSERT_EQ(SZ_BufftoBuffCompress(stream.data() + 4, &n_stored, pixels.data(), pixels.size(), &settings),
                    SZ_OK);
          const auto n_bytes = static_cast<std::uint32_t>(pixels.size());
          std::memcpy(stream.data(), &n_bytes, 4);
          stream.resize(n_stored + 4);
          expect(stream, pixels,
                 {.options = kNn | SZ_LSB_OPTION_MASK,
                  .pixels_per_block = block,
                  .bits_per_pixel = bits,
                  .pixels_per_scanline = line});
        }
      }
    }
  }
}

TEST_F(SzipTest, WhatIsAnnouncedIsNotTrusted) {
  const Bytes stream = from_hex("28000000300015554aaa35555aaaa355faa000");
  const Szip form{
      .options = kNn | SZ_LSB_OPTION_MASK, .pixels_per_block = 8, .bits_per_pixel = 16, .pixels_per_scanline = 20};
  ASSERT_EQ(expand(stream, form, 40), 40U);
  const auto with = [&](auto change) {
    Szip changed = form;
    change(changed);
    return expand(stream, changed, 40);
  };
  EXPECT_EQ(with([](Szip& f) { f.pixels_per_block = 0; }), std::nullopt);
  EXPECT_EQ(with([](Szip& f) { f.pixels_per_block = 7; }), std::nullopt);
  EXPECT_EQ(with([](Szip& f) { f.pixels_per_block = 1U << 31U; }), std::nullopt);
  EXPECT_EQ(with([](Szip& f) { f.bits_per_pixel = 0; }), std::nullopt);
  EXPECT_EQ(with([](Szip& f) { f.bits_per_pixel = 33; }), std::nullopt);
  EXPECT_EQ(with([](Szip& f) { f.pixels_per_scanline = 0; }), std::nullopt);
  EXPECT_EQ(with([](Szip& f) { f.pixels_per_scanline = 1U << 31U; }), std::nullopt);
  Bytes larger = stream;
  larger[0] = std::byte{44};
  EXPECT_EQ(expand(larger, form, 44), std::nullopt) << "libhdf5 takes this for the size of its memory";
}

}  // namespace
}  // namespace sctab::codecs::tests
