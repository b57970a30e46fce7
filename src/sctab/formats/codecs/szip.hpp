#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sctab/formats/codecs/block_decoders.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::codecs {

/// Expands a chunk of HDF5's szip filter, its size first. Returns the bytes written; nothing where it is damaged, was
/// made with settings that there are not, or does not expand to just that size, or where `out` has not that much room.
Written expand_szip(const Szip& form, std::span<const std::byte> in, std::span<std::byte> out,
                    std::vector<std::byte>& scratch);

}  // namespace sctab::codecs
