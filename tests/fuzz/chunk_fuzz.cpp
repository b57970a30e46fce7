#include <algorithm>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/expander.hpp"
#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"

namespace sctab::fuzz {

/// The first byte gives the codec, the second the size of an element, the next two how much the chunk holds.
void fuzz_chunk(Bytes bytes) {
  constexpr std::size_t kHead = 4;
  if (bytes.size() < kHead) return;
  const std::size_t element_size = 1U + bytes[1] % 16U, n_elements = bytes[2] + 256U * (bytes[3] % 16U);
  const auto stored = std::as_bytes(bytes.subspan(kHead));
  std::vector<std::byte> chunk(element_size * n_elements), unshuffled(chunk.size());
  hdf5::ZlibDecompressor zlib;
  switch (bytes[0] % 4) {
    case 0: {
      const auto written = codecs::Expander().expand(codecs::Codec::kLzf, stored, chunk);
      SCTAB_ASSERT(!written || *written <= chunk.size());
      break;
    }
    case 1:
      (void)zlib.decompress(stored, chunk);
      break;
    case 2:
      chunk.resize(chunk.size() + hdf5::ZlibDecompressor::kRoomForLastMatch);
      (void)zlib.decompress_before_zeros(stored, 1000U * bytes[2], chunk);
      chunk.resize(unshuffled.size());
      break;
    default:
      std::copy_n(stored.begin(), std::min(stored.size(), chunk.size()), chunk.begin());
  }
  codecs::unshuffle_bytes(chunk, n_elements, element_size, 0, unshuffled);
  std::vector<std::byte> shuffled(chunk.size());
  codecs::shuffle_bytes(unshuffled, element_size, shuffled);
  SCTAB_ASSERT(shuffled == chunk);
}

}  // namespace sctab::fuzz
