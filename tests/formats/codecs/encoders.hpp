#pragma once

#include <blosc.h>
#include <bzlib.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/codecs/codec_bytes.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::codecs::tests {

inline void append_number(Bytes& bytes, std::uint64_t value, int n_bytes, std::endian order) {
  for (int i = 0; i < n_bytes; ++i) {
    const int shift = 8 * (order == std::endian::big ? n_bytes - 1 - i : i);
    bytes.push_back(static_cast<std::byte>(value >> shift));
  }
}

using Deflate = std::size_t (*)(libdeflate_compressor*, const void*, std::size_t, void*, std::size_t);
inline Bytes deflated(const Bytes& original, Deflate compress) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(5);
  Bytes out(original.size() + 1000);
  out.resize(compress(compressor, original.data(), original.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

inline Bytes zstandard(const Bytes& original) {
  Bytes out(ZSTD_compressBound(original.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), original.data(), original.size(), 3));
  return out;
}

inline Bytes lz4_block(std::span<const std::byte> original) {
  Bytes out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(original.size()))));
  const int n =
      LZ4_compress_default(reinterpret_cast<const char*>(original.data()), reinterpret_cast<char*>(out.data()),
                           static_cast<int>(original.size()), static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

inline Bytes lz4_of_hdf5(const Bytes& original, std::size_t block_bytes) {
  Bytes out;
  append_number(out, original.size(), 8, std::endian::big);
  append_number(out, block_bytes, 4, std::endian::big);
  for (std::size_t at = 0; at < original.size(); at += block_bytes) {
    const auto block = std::span(original).subspan(at, std::min(block_bytes, original.size() - at));
    const Bytes packed = lz4_block(block);
    const auto stored = packed.size() < block.size() ? std::span<const std::byte>(packed) : block;
    append_number(out, stored.size(), 4, std::endian::big);
    out.insert(out.end(), stored.begin(), stored.end());
  }
  return out;
}

inline Bytes lz4_of_numcodecs(const Bytes& original) {
  Bytes out;
  append_number(out, original.size(), 4, std::endian::little);
  const Bytes block = lz4_block(original);
  out.insert(out.end(), block.begin(), block.end());
  return out;
}

inline Bytes bzipped(const Bytes& original) {
  Bytes out(original.size() * 11 / 10 + 1000);
  auto n = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &n,
                                     const_cast<char*>(reinterpret_cast<const char*>(original.data())),
                                     static_cast<unsigned>(original.size()), 9, 0, 0),
            BZ_OK);
  out.resize(n);
  return out;
}

/// The definition, bit by bit; n a multiple of 8.
inline Bytes shuffled_bits(std::span<const std::byte> in, std::size_t size) {
  const std::size_t n = in.size() / size;
  Bytes out(in.size());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      const bool is_set = (in[i * size + bit / 8] >> (bit % 8) & std::byte{1}) != std::byte{0};
      if (is_set) out[(bit * n + i) / 8] |= std::byte{1} << (i % 8);
    }
  }
  return out;
}

/// What HDF5's filter writes. form.block_elements: not 0.
inline Bytes bitshuffled(const Bytes& original, const Bitshuffle& form) {
  const std::size_t size = form.element_size;
  const bool is_packed = form.inner != Bitshuffle::Inner::kNone;
  Bytes out;
  if (is_packed) append_number(out, original.size(), 8, std::endian::big);
  if (is_packed) append_number(out, form.block_elements * size, 4, std::endian::big);
  std::size_t at = 0;
  while (original.size() - at >= 8 * size) {
    const std::size_t n = std::min(form.block_elements, (original.size() - at) / size / 8 * 8);
    Bytes block = shuffled_bits(std::span(original).subspan(at, n * size), size);
    if (is_packed) block = form.inner == Bitshuffle::Inner::kZstd ? zstandard(block) : lz4_block(block);
    if (is_packed) append_number(out, block.size(), 4, std::endian::big);
    out.insert(out.end(), block.begin(), block.end());
    at += n * size;
  }
  out.insert(out.end(), original.begin() + static_cast<std::ptrdiff_t>(at), original.end());
  return out;
}

struct BloscForm {
  const char* inner = "lz4";
  int shuffle = BLOSC_SHUFFLE;
  std::size_t element_size = 4;
  std::size_t block_bytes = 0;  // 0: as Blosc chooses
  int level = 5;
};

inline Bytes blosc(const Bytes& original, const BloscForm& form) {
  Bytes out(original.size() + BLOSC_MAX_OVERHEAD);
  const int n = blosc_compress_ctx(form.level, form.shuffle, form.element_size, original.size(), original.data(),
                                   out.data(), out.size(), form.inner, form.block_bytes, 1);
  EXPECT_GT(n, 0) << form.inner;
  out.resize(static_cast<std::size_t>(std::max(n, 0)));
  return out;
}

}  // namespace sctab::codecs::tests
