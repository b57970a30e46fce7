#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sctab/formats/codecs/expander.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"
#include "sctab/formats/hdf5/filters.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

/// The stored bytes of a chunked dataset, expanded by our own code for all filters: libdeflate is 3 times zlib,
/// and libhdf5 trusts the sizes that a damaged chunk expands to, and knows only its own filters.
class ChunkDecoder {
 public:
  /// What one thread needs to decode.
  struct Scratch {
    std::vector<std::byte> stored;
    std::array<std::vector<std::byte>, 2> between;  // filters
    codecs::Expander expander;
    ZlibDecompressor zlib;
  };

  /// element_size: bytes of an element as the file has it. The dataset must outlive this. Throws InputError where it
  /// is behind a filter that is not known here.
  ChunkDecoder(hid_t dataset, std::size_t element_size);

  /// The extent of a chunk; empty where the dataset is not chunked.
  [[nodiscard]] std::span<const hsize_t> extent() const { return extent_; }
  /// 0 where the dataset is not chunked.
  [[nodiscard]] std::int64_t chunk_elements() const { return chunk_elements_; }
  /// Whether there are chunks to decode.
  [[nodiscard]] bool knows_filters() const { return chunk_elements_ > 0; }
  /// Fills `out`, one whole chunk, with that which begins at the element of these coordinates. False where the file
  /// does not hold it: its elements were never written. Throws InputError where it is damaged. Takes the Lock to
  /// fetch the stored bytes, and not to expand them: that any number of threads may do at once, each with a Scratch.
  bool decode(std::span<const hsize_t> begin, std::span<std::byte> out, Scratch& scratch) const;
  /// decode() of a dataset of one dimension.
  bool decode(std::int64_t begin, std::span<std::byte> out, Scratch& scratch) const;
  /// The lower halves of elements of eight bytes, of a dataset of one dimension: half of decode()'s work where the
  /// upper ones are all zeros, as those of Cell Ranger's indices are. False where they are not, where the filters are
  /// others than shuffle and zlib, and where the chunk is damaged or not in the file.
  bool decode_lower_halves(std::int64_t begin, std::span<std::uint32_t> out, Scratch& scratch) const;

 private:
  /// The filters left out of the chunk, which `stored` receives; nothing where the file does not hold it.
  std::optional<std::uint32_t> fetch(std::span<const hsize_t> begin, std::size_t n_bytes,
                                     std::vector<std::byte>& stored) const;
  /// Whether some of the chunk that begins here lies outside of the dataset.
  [[nodiscard]] bool is_partial(std::span<const hsize_t> begin) const;
  /// Undoes the filters that were applied, the last first. False where the bytes are damaged.
  bool undo_filters(std::uint32_t left_out, std::span<std::byte> out, Scratch& scratch) const;
  /// Returns the bytes written to the front of `out`; nothing where they are damaged, or are more.
  std::optional<std::size_t> undo(const Filter& filter, std::span<const std::byte> bytes, std::span<std::byte> out,
                                  codecs::Expander& expander) const;

  hid_t dataset_;
  std::size_t element_size_;
  std::vector<hsize_t> extent_;
  std::int64_t chunk_elements_ = 0;
  std::vector<Filter> filters_;  // in the order in which they were applied
  bool filters_partial_ = true;  // whether chunks are filtered that lie partly outside of the dataset
  std::vector<hsize_t> size_;    // of the dataset, along each dimension
};

}  // namespace sctab::hdf5
