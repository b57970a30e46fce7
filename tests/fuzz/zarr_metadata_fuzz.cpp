#include "fuzz/harnesses.hpp"
#include "fuzz/memory_zarr.hpp"

namespace sctab::fuzz {

/// The metadata of an array of which no chunk is stored.
void fuzz_zarr_metadata(Bytes bytes) {
  read_zarr_array({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, std::nullopt);
}

}  // namespace sctab::fuzz
