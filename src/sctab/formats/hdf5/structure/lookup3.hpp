#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sctab::hdf5::structure {

/// Bob Jenkins's lookup3, with which HDF5 guards its newer structures.
std::uint32_t lookup3(std::span<const std::byte> bytes);

}  // namespace sctab::hdf5::structure
