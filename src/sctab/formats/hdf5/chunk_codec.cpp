#include "sctab/formats/hdf5/chunk_codec.hpp"

#include <libdeflate.h>

#include <cstdint>
#include <new>

#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/shuffle.hpp"

namespace sctab::hdf5 {

namespace {

/// Adler-32 of bytes and then n zeros (RFC 1950): zeros leave its first sum as it is, which is then added n times to
/// the second.
std::uint32_t checksum_with_zeros_after(std::span<const std::byte> bytes, std::size_t n_zeros) {
  constexpr std::uint64_t kBase = 65'521;
  const std::uint32_t sums = libdeflate_adler32(1, bytes.data(), bytes.size());
  const std::uint64_t first = sums & 0xFFFFU;
  const std::uint64_t second = ((sums >> 16U) + std::uint64_t{n_zeros} % kBase * first) % kBase;
  return static_cast<std::uint32_t>(second << 16U | first);
}

/// The checksum at the end of a zlib stream, highest byte first.
std::uint32_t stored_checksum(std::span<const std::byte> stream) {
  std::uint32_t sums = 0;
  for (const std::byte byte : stream.last(4)) sums = sums << 8U | std::to_integer<std::uint32_t>(byte);
  return sums;
}

}  // namespace

ChunkCompressor::ChunkCompressor(int gzip_level) : compressor_(libdeflate_alloc_compressor(gzip_level)) {
  SCTAB_ASSERT(gzip_level >= 1 && gzip_level <= 9);
  if (!compressor_) throw std::bad_alloc();
}

void ChunkCompressor::Free::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

std::vector<std::byte> ChunkCompressor::compress(std::span<const std::byte> chunk, std::size_t element_size) {
  shuffled_.resize(chunk.size());
  codecs::shuffle_bytes(chunk, element_size, shuffled_);
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

// Expanding breaks off where a match does not fit any more: all that begins before the room for the last match fits.
bool ZlibDecompressor::decompress_before_zeros(std::span<const std::byte> in, std::size_t n_zeros,
                                               std::span<std::byte> out) {
  if (in.size() < 4 || out.size() < kRoomForLastMatch || n_zeros <= kRoomForLastMatch) return false;
  const auto wanted = out.first(out.size() - kRoomForLastMatch);
  return libdeflate_zlib_decompress(decompressor_.get(), in.data(), in.size(), out.data(), out.size(), nullptr) ==
             LIBDEFLATE_INSUFFICIENT_SPACE &&
         checksum_with_zeros_after(wanted, n_zeros) == stored_checksum(in);
}

}  // namespace sctab::hdf5
