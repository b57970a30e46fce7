#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/arrays/piece_cache.hpp"
#include "sctab/formats/hdf5/chunk_decoder.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::hdf5 {

/// Ranges of a one-dimensional dataset of numbers, read by any number of threads at once. Each chunk is expanded once
/// when ranges ascend; by ChunkDecoder where it knows how, else by libhdf5. What is not chunked is read past libhdf5.
class ArrayReader final : public arrays::NumberArray {
 public:
  /// Throws InputError if it is not such a dataset. The caller holds the Lock.
  explicit ArrayReader(Handle dataset);
  ~ArrayReader() override;

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] Number number() const override { return type_.number; }
  [[nodiscard]] const ElementType& type() const { return type_; }
  [[nodiscard]] hid_t id() const { return dataset_.id(); }

  /// Takes the Lock for as long as libhdf5 is at work.
  void read(std::int64_t begin, std::span<float> out) override { read_any(begin, out); }
  void read(std::int64_t begin, std::span<double> out) override { read_any(begin, out); }
  void read(std::int64_t begin, std::span<std::int32_t> out) override { read_any(begin, out); }
  void read(std::int64_t begin, std::span<std::int64_t> out) override { read_any(begin, out); }

 private:
  /// What one thread needs while it reads.
  struct Scratch;
  class Borrowed;

  template <typename To>
  void read_any(std::int64_t begin, std::span<To> out);
  template <typename From, typename To>
  void read_as(std::int64_t begin, std::span<To> out, Scratch& scratch);
  /// Elements [begin, …) as the file has them, from the shortest way there is; `bytes` lies within one piece.
  std::span<const std::byte> bytes_of(std::int64_t begin, std::int64_t n, Scratch& scratch);
  /// Fills `piece`, which has the bytes of a whole one, with elements [number × piece_elements_, …).
  void load(std::int64_t number, std::span<std::byte> piece, Scratch& scratch);
  bool decode(std::int64_t begin, std::span<std::byte> piece, Scratch& scratch) const;
  /// Integers of eight bytes of a whole piece as those of four. False where that takes more than their lower halves.
  bool decode_lower_halves(std::int64_t number, std::span<std::int32_t> piece, Scratch& scratch);
  void read_through_hdf5(std::int64_t begin, std::span<std::byte> out);
  void read_past_hdf5(std::int64_t begin, std::span<std::byte> out) const;

  Handle dataset_;
  ElementType type_;
  std::int64_t size_ = 0;
  std::size_t stored_size_ = 0;
  ChunkDecoder decoder_;
  FileBytes file_;
  std::uint64_t address_ = 0;  // of an array stored in one stretch of the file, as it is in memory; 0: it is not
  bool decodes_ = false;
  std::atomic<bool> has_upper_halves_{false};  // was found to have: decode_lower_halves() is not worth a try
  std::int64_t piece_elements_ = 0;            // a chunk; where libhdf5 reads, as many as are worth a call
  arrays::PieceCache pieces_;                  // that were read in part
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

/// A whole dataset of numbers.
template <typename To>
std::vector<To> read_numbers(Handle dataset) {
  ArrayReader reader(std::move(dataset));
  core::require_memory(reader.size(), sizeof(To), place_of(reader.id()));
  std::vector<To> out(static_cast<std::size_t>(reader.size()));
  reader.read(0, std::span(out));
  return out;
}

}  // namespace sctab::hdf5
