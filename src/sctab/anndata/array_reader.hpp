#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sctab/anndata/chunk_decoder.hpp"
#include "sctab/anndata/hdf5_value.hpp"

namespace sctab::anndata {

/// Ranges of a one-dimensional dataset of numbers. Each chunk is expanded once when ranges ascend; by ChunkDecoder
/// where it knows how, else by libhdf5.
class ArrayReader {
 public:
  /// Throws InputError where it is no such dataset. The caller holds the Hdf5Lock.
  explicit ArrayReader(Handle dataset);

  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] const ElementType& type() const { return type_; }
  [[nodiscard]] hid_t id() const { return dataset_.id(); }

  /// Elements [begin, begin + out.size()) by convert_number(); takes the Hdf5Lock. To: float, double, int32 or int64.
  template <typename To>
  void read(std::int64_t begin, std::span<To> out);

 private:
  /// Makes `piece_` hold elements [number × piece_elements_, …).
  void load(std::int64_t number);
  void read_through_hdf5(std::int64_t begin, std::span<std::byte> out);

  Handle dataset_;
  ElementType type_;
  std::int64_t size_ = 0;
  ChunkDecoder decoder_;
  bool decodes_ = false;
  std::int64_t piece_elements_ = 0;  // whole chunks, enough of them to be worth a call
  std::int64_t loaded_ = -1;
  std::vector<std::byte> piece_;
};

/// A whole dataset of numbers.
template <typename To>
std::vector<To> read_numbers(Handle dataset) {
  ArrayReader reader(std::move(dataset));
  std::vector<To> out(static_cast<std::size_t>(reader.size()));
  reader.read(0, std::span(out));
  return out;
}

}  // namespace sctab::anndata
