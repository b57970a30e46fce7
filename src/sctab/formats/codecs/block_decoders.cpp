#include "sctab/formats/codecs/block_decoders.hpp"

#include <bzlib.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lzf.h>
#include <snappy-c.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>

namespace sctab::codecs {
namespace {

/// Whether libraries that count in int take bytes of these numbers.
bool fits_int(std::size_t in, std::size_t out) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<int>::max());
  return in <= kMost && out <= kMost;
}

// Where there is no byte, libraries are not asked: some read one, and spans without bytes have a null pointer.
constexpr Written kNothing = std::nullopt;

}  // namespace

void BlockDecoders::Free::operator()(libdeflate_decompressor* decoder) const {
  libdeflate_free_decompressor(decoder);
}
void BlockDecoders::Free::operator()(ZSTD_DCtx_s* decoder) const {
  ZSTD_freeDCtx(decoder);
}

libdeflate_decompressor* BlockDecoders::for_deflate() {
  if (!deflate_) deflate_.reset(libdeflate_alloc_decompressor());
  if (!deflate_) throw std::bad_alloc();
  return deflate_.get();
}

Written BlockDecoders::deflate(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t n = 0;
  const auto result = libdeflate_deflate_decompress(for_deflate(), in.data(), in.size(), out.data(), out.size(), &n);
  return result == LIBDEFLATE_SUCCESS ? Written(n) : kNothing;
}

Written BlockDecoders::zlib(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t n = 0;
  const auto result = libdeflate_zlib_decompress(for_deflate(), in.data(), in.size(), out.data(), out.size(), &n);
  return result == LIBDEFLATE_SUCCESS ? Written(n) : kNothing;
}

Written BlockDecoders::gzip(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t written = 0;
  do {
    std::size_t n_in = 0, n_out = 0;
    const auto room = out.subspan(written);
    const auto result =
        libdeflate_gzip_decompress_ex(for_deflate(), in.data(), in.size(), room.data(), room.size(), &n_in, &n_out);
    if (result != LIBDEFLATE_SUCCESS) return kNothing;
    in = in.subspan(n_in);
    written += n_out;
  } while (std::ranges::any_of(in, [](std::byte byte) { return byte != std::byte{0}; }));
  return written;
}

Written BlockDecoders::zstd(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.empty()) return kNothing;
  if (!zstd_) zstd_.reset(ZSTD_createDCtx());
  if (!zstd_) throw std::bad_alloc();
  const std::size_t n = ZSTD_decompressDCtx(zstd_.get(), out.data(), out.size(), in.data(), in.size());
  return ZSTD_isError(n) == 0 ? Written(n) : kNothing;
}

Written BlockDecoders::lz4(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.empty() || !fits_int(in.size(), out.size())) return kNothing;
  const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                    static_cast<int>(in.size()), static_cast<int>(out.size()));
  return n >= 0 ? Written(static_cast<std::size_t>(n)) : kNothing;
}

Written BlockDecoders::lzf(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.empty()) return 0;
  if (!fits_int(in.size(), out.size())) return kNothing;
  const unsigned n =
      ::lzf_decompress(in.data(), static_cast<unsigned>(in.size()), out.data(), static_cast<unsigned>(out.size()));
  return n > 0 ? Written(n) : kNothing;
}

Written BlockDecoders::snappy(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.empty()) return kNothing;
  std::size_t n = out.size();
  const auto result =
      snappy_uncompress(reinterpret_cast<const char*>(in.data()), in.size(), reinterpret_cast<char*>(out.data()), &n);
  return result == SNAPPY_OK ? Written(n) : kNothing;
}

Written BlockDecoders::bzip2(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.empty() || !fits_int(in.size(), out.size())) return kNothing;
  auto n = static_cast<unsigned>(out.size());
  // The library takes no pointer to what it only reads.
  auto* const from = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
  const int result = BZ2_bzBuffToBuffDecompress(reinterpret_cast<char*>(out.data()), &n, from,
                                                static_cast<unsigned>(in.size()), /*small=*/0, /*verbosity=*/0);
  if (result == BZ_MEM_ERROR) throw std::bad_alloc();
  return result == BZ_OK ? Written(n) : kNothing;
}

}  // namespace sctab::codecs
