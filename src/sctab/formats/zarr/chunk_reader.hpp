#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sctab/formats/arrays/piece_cache.hpp"
#include "sctab/formats/zarr/array_header.hpp"
#include "sctab/formats/zarr/storage.hpp"

namespace sctab::zarr {

/// An array of a zarr: where it is, and what its metadata say.
struct StoredArray {
  std::shared_ptr<const Storage> storage;
  std::string path;  // "X/data"
  ArrayHeader header;
  /// Chunks that were not stored hold the fill value, as zarr has it. Set for arrays of which no program leaves chunks
  /// out, where one that is missing was lost.
  bool refuses_missing = false;
};

/// Finds and expands chunks. Any number of threads may read at once. Errors are InputError and name the file and the
/// key of the chunk.
class ChunkReader {
 public:
  struct Scratch {
    CodecChain::Scratch codecs;
    std::vector<std::byte> stored, elements;
    // For who reads: a whole chunk, and one that others read too.
    std::vector<std::byte> whole;
    std::shared_ptr<const Bytes> shared;
  };
  /// A Scratch for as long as this lives.
  class Borrowed;

  /// Throws where the metadata declare chunks that memory does not suffice for.
  explicit ChunkReader(StoredArray array);

  [[nodiscard]] const ArrayHeader& header() const { return array_.header; }
  [[nodiscard]] const StoredArray& array() const { return array_; }
  /// Where the array is, for errors.
  [[nodiscard]] core::Problem place() const { return array_.storage->place(array_.path); }

  /// The bytes of the chunk's elements as they are stored once expanded, in the scratch; nothing where it was not
  /// stored. coordinates: of the chunk, in chunks.
  std::optional<std::span<const std::byte>> expand(std::span<const std::int64_t> coordinates, Scratch& scratch);
  /// Fills `out` with the numbers of the chunk as they are in memory: all of them, also past the array's end.
  void read_numbers(std::span<const std::int64_t> coordinates, std::span<std::byte> out, Scratch& scratch);
  /// Reads elements [begin, …) of a chunk without the rest. False where they are not stored in a form that allows it.
  bool read_some(std::span<const std::int64_t> coordinates, std::int64_t begin, std::span<std::byte> out);

 private:
  struct Place {
    std::string key;
    std::unique_ptr<Value> value;  // null: not stored
    std::uint64_t offset = 0, n_bytes = 0;
  };
  Place find(std::span<const std::int64_t> coordinates);
  Place find_in_shard(std::span<const std::int64_t> coordinates);
  std::vector<std::byte> read_index(const Value& shard, const core::Problem& where) const;
  /// Fills `stored`; false where there is nothing. key: of the value.
  bool load(std::span<const std::int64_t> coordinates, std::vector<std::byte>& stored, std::string& key);
  void fill(std::span<std::byte> out) const;
  [[nodiscard]] std::optional<std::uint64_t> expanded_bytes() const;

  StoredArray array_;
  arrays::PieceCache indexes_;  // of shards, by their number; empty: the shard was not stored
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

class ChunkReader::Borrowed {
 public:
  explicit Borrowed(ChunkReader& reader);
  ~Borrowed();
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Scratch& operator*() { return *scratch_; }

 private:
  ChunkReader& reader_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace sctab::zarr
