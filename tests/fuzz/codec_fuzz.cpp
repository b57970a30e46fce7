#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/checksums.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::fuzz {
namespace {

using codecs::Bitshuffle;
using codecs::Codec;

constexpr std::array kCodecs = {Codec::kDeflate,      Codec::kZlib,  Codec::kGzip, Codec::kZstd, Codec::kLz4Hdf5,
                                Codec::kLz4Numcodecs, Codec::kBlosc, Codec::kLzf,  Codec::kBzip2};
constexpr std::size_t kHead = 6;

std::optional<std::size_t> expand(codecs::Expander& expander, Bytes bytes, std::span<std::byte> out) {
  const auto stream = std::as_bytes(bytes.subspan(kHead));
  const std::size_t kind = bytes[0] % (kCodecs.size() + 4);
  if (kind < kCodecs.size()) return expander.expand(kCodecs.at(kind), stream, out);
  if (kind == kCodecs.size()) {
    const codecs::Szip form{.options = bytes[3],
                            .pixels_per_block = bytes[4],
                            .bits_per_pixel = bytes[5],
                            .pixels_per_scanline = 16U * bytes[2]};
    return expander.expand(form, stream, out);
  }
  const Bitshuffle form{.element_size = bytes[3],
                        .block_elements = 8U * bytes[4],
                        .inner = static_cast<Bitshuffle::Inner>(kind - kCodecs.size() - 1)};
  return expander.expand(form, stream, out);
}

}  // namespace

/// The first byte gives the codec, the next two the room, the others its settings. What was written must depend on the
/// stream alone: not on what was in the room, nor on what was expanded before.
void fuzz_codec(Bytes bytes) {
  if (bytes.size() < kHead) return;
  const std::size_t room = bytes[1] + 256U * bytes[2];
  std::vector<std::byte> first(room, std::byte{0}), second(room, std::byte{0xFF});
  codecs::Expander expander;
  const auto written = expand(expander, bytes, first), again = expand(expander, bytes, second);
  SCTAB_ASSERT(written == again && (!written || *written <= room));
  if (written) {
    SCTAB_ASSERT(std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(*written), second.begin()));
  }
  (void)codecs::has_fletcher32(std::as_bytes(bytes));
  (void)codecs::has_crc32c(std::as_bytes(bytes));
}

}  // namespace sctab::fuzz
