#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::zarr {

/// What was done to the bytes of a chunk, in order, before they were stored.
class CodecChain {
 public:
  struct Scratch {
    codecs::Expander expander;
    std::vector<std::byte> one, other;
  };

  /// Adds a codec by its name and configuration: zarr 3's, numcodecs' in zarr 3 ("numcodecs.lz4"), or numcodecs' own
  /// ids of zarr 2. False where sctab does not have it.
  bool add(std::string_view name, const nlohmann::json& configuration);
  [[nodiscard]] bool empty() const { return steps_.empty(); }

  /// Expands a stored chunk. n_bytes: what it must have, where that is known. Returns bytes in `stored` or in
  /// `scratch`. Throws InputError at `place` where the chunk is damaged, or takes more memory than there is.
  std::span<const std::byte> expand(std::span<const std::byte> stored, std::optional<std::uint64_t> n_bytes,
                                    Scratch& scratch, const core::Problem& place) const;
  /// The same into memory of the caller's, for chunks whose size is known.
  void expand_to(std::span<const std::byte> stored, std::span<std::byte> out, Scratch& scratch,
                 const core::Problem& place) const;

 private:
  enum class Kind : std::uint8_t { kExpand, kShuffle, kCrc32c };
  struct Step {
    Kind kind = Kind::kExpand;
    codecs::Codec codec = codecs::Codec::kZstd;
    std::size_t element_size = 0;  // of kShuffle
  };

  std::vector<Step> steps_;
};

}  // namespace sctab::zarr
