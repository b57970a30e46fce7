#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sctab/formats/codecs/block_decoders.hpp"

namespace sctab::codecs {

struct BloscScratch {
  std::vector<std::byte> block, planes;
};

/// Expands one buffer of Blosc 1. Returns the bytes written; nothing where it is damaged, of another version, or
/// expands to more than `out` holds. Ours, around the compressors' own libraries: c-blosc 1.21 crashes where its memory
/// cannot be had and on some damaged streams of BloscLZ, and makes a zstd decoder for every stream.
Written expand_blosc(std::span<const std::byte> in, std::span<std::byte> out, BlockDecoders& decoders,
                     BloscScratch& scratch);

}  // namespace sctab::codecs
