#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sctab::h5ad {

/// The HDF5 filter id under which h5py stores LZF chunks (compression="lzf").
inline constexpr int kLzfFilter = 32000;

/// Expands one LZF stream. Returns the bytes written, or nothing where the stream is damaged or `out` is too small.
std::optional<std::size_t> expand_lzf(std::span<const std::byte> in, std::span<std::byte> out);

/// Makes libhdf5 read LZF chunks; it has no such filter itself, h5py brings its own. Reading only.
void register_lzf_filter();

}  // namespace sctab::h5ad
