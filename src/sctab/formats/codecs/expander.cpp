#include "sctab/formats/codecs/expander.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "sctab/formats/codecs/bitshuffle.hpp"
#include "sctab/formats/codecs/block_decoders.hpp"
#include "sctab/formats/codecs/blosc.hpp"
#include "sctab/formats/codecs/stored_number.hpp"
#include "sctab/formats/codecs/szip.hpp"

namespace sctab::codecs {
namespace {

/// Blocks of one size, but for the last; a block that LZ4 would not shrink is as it was.
Written expand_lz4_of_hdf5(std::span<const std::byte> in, std::span<std::byte> out) {
  Stream stream(in);
  std::uint64_t n_bytes = 0;
  std::uint32_t block_bytes = 0;
  if (!stream.take(n_bytes, std::endian::big) || !stream.take(block_bytes, std::endian::big)) return std::nullopt;
  if (n_bytes > out.size() || (block_bytes == 0 && n_bytes > 0)) return std::nullopt;
  for (std::size_t at = 0; at < n_bytes;) {
    const auto target = out.subspan(at, std::min<std::size_t>(block_bytes, n_bytes - at));
    std::uint32_t n_stored = 0;
    std::span<const std::byte> stored;
    if (!stream.take(n_stored, std::endian::big) || !stream.take(stored, n_stored)) return std::nullopt;
    if (n_stored == target.size()) {
      std::ranges::copy(stored, target.begin());
    } else if (BlockDecoders::lz4(stored, target) != target.size()) {
      return std::nullopt;
    }
    at += target.size();
  }
  return n_bytes;
}

Written expand_lz4_of_numcodecs(std::span<const std::byte> in, std::span<std::byte> out) {
  Stream stream(in);
  std::uint32_t n_bytes = 0;
  if (!stream.take(n_bytes, std::endian::little) || n_bytes > out.size()) return std::nullopt;
  const Written written = BlockDecoders::lz4(stream.rest(), out.first(n_bytes));
  return written == n_bytes ? written : std::nullopt;
}

}  // namespace

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::kDeflate:
      return "deflate";
    case Codec::kZlib:
      return "zlib";
    case Codec::kGzip:
      return "gzip";
    case Codec::kZstd:
      return "zstd";
    case Codec::kLz4Hdf5:
    case Codec::kLz4Numcodecs:
      return "lz4";
    case Codec::kBlosc:
      return "blosc";
    case Codec::kLzf:
      return "lzf";
    case Codec::kBzip2:
      return "bzip2";
  }
  return "";
}

struct Expander::State {
  BlockDecoders decoders;
  BloscScratch blosc;
  BitshuffleScratch bitshuffle;
  std::vector<std::byte> szip;
};

Expander::Expander() : state_(std::make_unique<State>()) {}
Expander::~Expander() = default;
Expander::Expander(Expander&&) noexcept = default;
Expander& Expander::operator=(Expander&&) noexcept = default;

Written Expander::expand(Codec codec, std::span<const std::byte> in, std::span<std::byte> out) {
  BlockDecoders& decoders = state_->decoders;
  switch (codec) {
    case Codec::kDeflate:
      return decoders.deflate(in, out);
    case Codec::kZlib:
      return decoders.zlib(in, out);
    case Codec::kGzip:
      return decoders.gzip(in, out);
    case Codec::kZstd:
      return decoders.zstd(in, out);
    case Codec::kLz4Hdf5:
      return expand_lz4_of_hdf5(in, out);
    case Codec::kLz4Numcodecs:
      return expand_lz4_of_numcodecs(in, out);
    case Codec::kBlosc:
      return expand_blosc(in, out, decoders, state_->blosc);
    case Codec::kLzf:
      return BlockDecoders::lzf(in, out);
    case Codec::kBzip2:
      return BlockDecoders::bzip2(in, out);
  }
  return std::nullopt;
}

Written Expander::expand(const Bitshuffle& form, std::span<const std::byte> in, std::span<std::byte> out) {
  return expand_bitshuffle(form, in, out, state_->decoders, state_->bitshuffle);
}

Written Expander::expand(const Szip& form, std::span<const std::byte> in, std::span<std::byte> out) {
  return expand_szip(form, in, out, state_->szip);
}

}  // namespace sctab::codecs
