#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/zarr/codec_chain.hpp"
#include "sctab/formats/zarr/element.hpp"

namespace sctab::zarr {

/// Several chunks in one stored value, with an index of where each is.
struct Sharding {
  std::vector<std::int64_t> shard_shape;  // elements, a multiple of the chunk's
  bool index_at_start = false;
  bool index_has_crc = true;

  /// Chunks in a shard.
  [[nodiscard]] std::int64_t n_chunks(std::span<const std::int64_t> chunk_shape) const;
  [[nodiscard]] std::int64_t index_bytes(std::span<const std::int64_t> chunk_shape) const {
    return 16 * n_chunks(chunk_shape) + (index_has_crc ? 4 : 0);
  }
};

/// What the metadata of an array say, version 2 or 3. All sizes are checked: the product of the shape is below 2^62.
struct ArrayHeader {
  Element element;
  std::vector<std::int64_t> shape;        // empty: a scalar
  std::vector<std::int64_t> chunk_shape;  // of what is expanded as a whole; each at least 1
  bool is_transposed = false;             // elements of a chunk of two dimensions lie column by column
  CodecChain chain;
  std::optional<Sharding> sharding;

  // Names of the chunks: "c/0/1" with zarr 3's default, "0.1" with zarr 2's.
  bool has_prefix = false;
  char separator = '.';

  // What chunks that were not stored hold. Nothing: that is not known.
  std::optional<std::vector<std::byte>> fill_number;  // memory_bytes()
  std::optional<std::string> fill_text;

  [[nodiscard]] arrays::ArrayInfo info() const { return {element.kind(), element.number, shape}; }
  [[nodiscard]] std::int64_t n_elements() const;
  /// Elements of a chunk.
  [[nodiscard]] std::int64_t chunk_elements() const;
  /// Of a stored value: a chunk, or a shard.
  [[nodiscard]] std::string key_of(std::span<const std::int64_t> coordinates) const;
};

/// From the content of .zarray, or of zarr.json. place: the file, and as the key that of the metadata. Throws
/// InputError naming the field where they are damaged, or ask for what sctab does not have: then it names that, and how
/// to write the array again.
ArrayHeader parse_header_2(const nlohmann::json& metadata, const core::Problem& place);
ArrayHeader parse_header_3(const nlohmann::json& metadata, const core::Problem& place);

}  // namespace sctab::zarr
