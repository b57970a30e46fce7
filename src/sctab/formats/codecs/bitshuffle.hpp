#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sctab/formats/codecs/block_decoders.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::codecs {

/// Bitshuffle's transposition of n elements, n a multiple of 8: bit k of byte j of element i goes to bit i % 8 of byte
/// ((8 × j + k) × n + i) / 8, which makes a plane of n / 8 bytes for each bit of an element. This undoes it. Sizes are
/// equal, of n × element_size bytes; `planes` is memory for as many on the way.
void unshuffle_bits(std::span<const std::byte> in, std::size_t element_size, std::vector<std::byte>& planes,
                    std::span<std::byte> out);

/// What expand_bitshuffle() takes for a block.
struct BitshuffleScratch {
  std::vector<std::byte> block, planes;
};

/// Returns the bytes written; nothing where `in` is damaged or expands to more than `out` holds.
Written expand_bitshuffle(const Bitshuffle& form, std::span<const std::byte> in, std::span<std::byte> out,
                          BlockDecoders& decoders, BitshuffleScratch& scratch);

}  // namespace sctab::codecs
