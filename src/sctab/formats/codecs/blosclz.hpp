#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sctab::codecs {

/// Expands one stream of BloscLZ, Blosc's own compressor. Returns the bytes written; nothing where the stream is
/// damaged or `out` is too small. Ours, because c-blosc 1.21 lets the length of a match run over.
std::optional<std::size_t> expand_blosclz(std::span<const std::byte> in, std::span<std::byte> out);

}  // namespace sctab::codecs
