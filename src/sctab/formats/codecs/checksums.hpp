#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sctab::codecs {

/// Whether bytes end with the checksum of those before, as HDF5's fletcher32 filter makes it.
bool has_fletcher32(std::span<const std::byte> bytes);

/// CRC-32C (Castagnoli; RFC 3720), which zarr 3's codec crc32c appends in four bytes, the lowest first.
std::uint32_t crc32c(std::span<const std::byte> bytes);

/// Whether bytes end with the CRC-32C of those before.
bool has_crc32c(std::span<const std::byte> bytes);

}  // namespace sctab::codecs
