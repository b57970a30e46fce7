#include "sctab/formats/h5ad/chunk_codec.hpp"

#include <libdeflate.h>

#include <cstdint>
#include <cstring>
#include <new>

#include "sctab/core/error.hpp"

namespace sctab::h5ad {
namespace {

template <std::size_t kSize>
void shuffle_fixed(const std::byte* in, std::size_t n, std::byte* out) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < kSize; ++j) out[j * n + i] = in[i * kSize + j];
  }
}

template <std::size_t kSize>
void unshuffle_fixed(const std::byte* in, std::size_t n, std::byte* out) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < kSize; ++j) out[i * kSize + j] = in[j * n + i];
  }
}

}  // namespace

void shuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  SCTAB_ASSERT(in.size() == out.size() && element_size > 0 && in.size() % element_size == 0);
  const std::size_t n = in.size() / element_size;
  switch (element_size) {
    case 2:
      return shuffle_fixed<2>(in.data(), n, out.data());
    case 4:
      return shuffle_fixed<4>(in.data(), n, out.data());
    case 8:
      return shuffle_fixed<8>(in.data(), n, out.data());
    default:
      break;
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < element_size; ++j) out[j * n + i] = in[i * element_size + j];
  }
}

void unshuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  SCTAB_ASSERT(in.size() == out.size() && element_size > 0 && in.size() % element_size == 0);
  const std::size_t n = in.size() / element_size;
  switch (element_size) {
    case 2:
      return unshuffle_fixed<2>(in.data(), n, out.data());
    case 4:
      return unshuffle_fixed<4>(in.data(), n, out.data());
    case 8:
      return unshuffle_fixed<8>(in.data(), n, out.data());
    default:
      break;
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < element_size; ++j) out[i * element_size + j] = in[j * n + i];
  }
}

ChunkCompressor::ChunkCompressor(int gzip_level) : compressor_(libdeflate_alloc_compressor(gzip_level)) {
  SCTAB_ASSERT(gzip_level >= 1 && gzip_level <= 9);
  if (!compressor_) throw std::bad_alloc();
}

void ChunkCompressor::Free::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

std::vector<std::byte> ChunkCompressor::compress(std::span<const std::byte> chunk, std::size_t element_size) {
  shuffled_.resize(chunk.size());
  shuffle_bytes(chunk, element_size, shuffled_);
  std::vector<std::byte> out(libdeflate_zlib_compress_bound(compressor_.get(), chunk.size()));
  const std::size_t n =
      libdeflate_zlib_compress(compressor_.get(), shuffled_.data(), shuffled_.size(), out.data(), out.size());
  SCTAB_ASSERT(n > 0);
  out.resize(n);
  return out;
}

ZlibDecompressor::ZlibDecompressor() : decompressor_(libdeflate_alloc_decompressor()) {
  if (!decompressor_) throw std::bad_alloc();
}

void ZlibDecompressor::Free::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

bool ZlibDecompressor::decompress(std::span<const std::byte> in, std::span<std::byte> out) {
  return libdeflate_zlib_decompress(decompressor_.get(), in.data(), in.size(), out.data(), out.size(), nullptr) ==
         LIBDEFLATE_SUCCESS;
}

}  // namespace sctab::h5ad
