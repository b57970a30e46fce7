#include <algorithm>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_zarr.hpp"

namespace sctab::fuzz {

/// The metadata of an array, a zero, and what each of its chunks or shards holds.
void fuzz_zarr_chunk(Bytes bytes) {
  const auto zero = static_cast<std::size_t>(std::ranges::find(bytes, 0) - bytes.begin());
  const auto chunk = std::as_bytes(bytes.subspan(std::min(zero + 1, bytes.size())));
  read_zarr_array({reinterpret_cast<const char*>(bytes.data()), zero},
                  std::vector<std::byte>(chunk.begin(), chunk.end()));
}

}  // namespace sctab::fuzz
