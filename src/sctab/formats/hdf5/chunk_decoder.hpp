#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sctab/formats/hdf5/chunk_codec.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

/// The stored bytes of a chunked dataset, expanded by our own code where the filters are shuffle, gzip, lzf and
/// fletcher32 alone: libdeflate is 3 times zlib, and libhdf5 trusts the sizes that a damaged chunk expands to.
class ChunkDecoder {
 public:
  /// What one thread needs to decode.
  struct Scratch {
    std::vector<std::byte> stored;
    std::array<std::vector<std::byte>, 2> between;  // filters
    ZlibDecompressor zlib;
  };

  /// element_size: bytes of an element as the file has it. The dataset must outlive this.
  ChunkDecoder(hid_t dataset, std::size_t element_size);

  /// The extent of a chunk; empty where the dataset is not chunked.
  [[nodiscard]] std::span<const hsize_t> extent() const { return extent_; }
  /// 0 where the dataset is not chunked.
  [[nodiscard]] std::int64_t chunk_elements() const { return chunk_elements_; }
  /// Whether decode() knows all of the filters.
  [[nodiscard]] bool knows_filters() const { return knows_filters_; }
  /// Fills `out`, one whole chunk, with that which begins at the element of these coordinates. False where the file
  /// does not hold it: its elements were never written. Throws InputError where it is damaged. Takes the Lock to
  /// fetch the stored bytes, and not to expand them: that any number of threads may do at once, each with a Scratch.
  bool decode(std::span<const hsize_t> begin, std::span<std::byte> out, Scratch& scratch) const;
  /// decode() of a dataset of one dimension.
  bool decode(std::int64_t begin, std::span<std::byte> out, Scratch& scratch) const;

 private:
  enum class Filter { kShuffle, kGzip, kLzf, kFletcher32 };

  /// The filters left out of the chunk, which `stored` receives; nothing where the file does not hold it.
  std::optional<std::uint32_t> fetch(std::span<const hsize_t> begin, std::size_t n_bytes,
                                     std::vector<std::byte>& stored) const;
  /// Undoes the filters that were applied, the last first. False where the bytes are damaged.
  bool undo_filters(std::uint32_t left_out, std::span<std::byte> out, Scratch& scratch) const;
  bool undo(Filter filter, std::span<const std::byte> bytes, std::span<std::byte> out, ZlibDecompressor& zlib) const;

  hid_t dataset_;
  std::size_t element_size_;
  std::vector<hsize_t> extent_;
  std::int64_t chunk_elements_ = 0;
  std::vector<Filter> filters_;  // in the order in which they were applied
  bool knows_filters_ = false;
};

}  // namespace sctab::hdf5
