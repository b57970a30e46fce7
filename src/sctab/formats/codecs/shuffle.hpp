#pragma once

#include <cstddef>
#include <span>

namespace sctab::codecs {

/// HDF5's shuffle filter: byte j of element i goes to position j × n_elements + i, which makes a plane of n_elements
/// bytes for each j. Sizes are equal.
void shuffle_bytes(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);
/// Fills `out` with elements [first, first + out.size() / element_size) from planes of n_elements bytes each. Given an
/// element_size below the stored one, and numbers, these are their lower bytes.
void unshuffle_bytes(std::span<const std::byte> planes, std::size_t n_elements, std::size_t element_size,
                     std::size_t first, std::span<std::byte> out);

}  // namespace sctab::codecs
