#include "sctab/formats/codecs/szip.hpp"

#include <libaec.h>
#include <szlib.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>

#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/codecs/stored_number.hpp"

namespace sctab::codecs {
namespace {

/// How szip lays pixels out for the coder: those of 32 and 64 bits as planes of bytes, and each scanline filled up to
/// whole blocks.
struct Scanlines {
  unsigned sample_bits = 0;
  std::size_t sample_bytes = 0;
  std::size_t plane_bytes = 1;  // of a pixel that is cut into bytes; 1: it is not
  std::size_t n_bytes = 0;      // of a scanline
  std::size_t n_padded = 0;     // of one with what fills it up
};

bool is_possible(const Szip& form) {
  const unsigned bits = form.bits_per_pixel, block = form.pixels_per_block, line = form.pixels_per_scanline;
  const bool has_bits = (bits >= 1 && bits <= 24) || bits == 32 || bits == 64;
  const bool has_block = block >= 2 && block <= SZ_MAX_PIXELS_PER_BLOCK && block % 2 == 0;
  return has_bits && has_block && line >= 1 && line <= SZ_MAX_PIXELS_PER_SCANLINE;
}

Scanlines scanlines_of(const Szip& form) {
  Scanlines lines;
  const bool is_cut = form.bits_per_pixel >= 32;
  lines.sample_bits = is_cut ? 8 : form.bits_per_pixel;
  lines.sample_bytes = lines.sample_bits > 16 ? 4 : lines.sample_bits > 8 ? 2 : 1;
  lines.plane_bytes = is_cut ? form.bits_per_pixel / 8 : 1;
  const std::size_t n_blocks = (form.pixels_per_scanline + form.pixels_per_block - 1) / form.pixels_per_block;
  lines.n_bytes = form.pixels_per_scanline * lines.sample_bytes;
  lines.n_padded = n_blocks * form.pixels_per_block * lines.sample_bytes;
  return lines;
}

/// Fills `out`, of whole scanlines. False where the bytes are damaged or too few.
bool decode(const Szip& form, const Scanlines& lines, std::span<const std::byte> in, std::span<std::byte> out) {
  aec_stream stream{};
  stream.next_in = reinterpret_cast<const unsigned char*>(in.data());
  stream.avail_in = in.size();
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = out.size();
  stream.bits_per_sample = lines.sample_bits;
  stream.block_size = form.pixels_per_block;
  stream.rsi = static_cast<unsigned>(lines.n_padded / lines.sample_bytes / form.pixels_per_block);
  if ((form.options & SZ_MSB_OPTION_MASK) != 0) stream.flags |= AEC_DATA_MSB;
  if ((form.options & SZ_NN_OPTION_MASK) != 0) stream.flags |= AEC_DATA_PREPROCESS;
  const int result = aec_buffer_decode(&stream);
  if (result == AEC_MEM_ERROR) throw std::bad_alloc();
  return result == AEC_OK && stream.total_out == out.size();
}

}  // namespace

Written expand_szip(const Szip& form, std::span<const std::byte> in, std::span<std::byte> out,
                    std::vector<std::byte>& scratch) {
  Stream stream(in);
  std::uint32_t n_bytes = 0;
  if (!is_possible(form) || !stream.take(n_bytes, std::endian::little) || n_bytes > out.size()) return std::nullopt;
  const Scanlines lines = scanlines_of(form);
  if (n_bytes % (lines.sample_bytes * lines.plane_bytes) != 0) return std::nullopt;
  const std::size_t n_lines = (n_bytes + lines.n_bytes - 1) / lines.n_bytes;
  // Two copies at most: as coded, and without what fills the scanlines up.
  const std::size_t n_coded = n_lines * lines.n_padded;
  scratch.resize(std::max(scratch.size(), n_coded));
  const auto coded = std::span(scratch).first(n_coded);
  if (!decode(form, lines, stream.rest(), coded)) return std::nullopt;
  for (std::size_t i = 1; i < n_lines && lines.n_padded != lines.n_bytes; ++i) {
    const auto line = coded.subspan(i * lines.n_padded, lines.n_bytes);
    std::ranges::copy(line, coded.begin() + static_cast<std::ptrdiff_t>(i * lines.n_bytes));
  }
  const auto pixels = coded.first(n_bytes);
  const std::size_t n = n_bytes / lines.plane_bytes;
  if (n > 0) unshuffle_bytes(pixels, n, lines.plane_bytes, 0, out.first(n_bytes));
  return n_bytes;
}

}  // namespace sctab::codecs
