#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/arrays/piece_cache.hpp"
#include "sctab/formats/hdf5/chunk_decoder.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::hdf5 {

/// Blocks of a two-dimensional dataset of numbers, read by any number of threads at once: chunks are expanded by
/// ChunkDecoder where it knows how, else by libhdf5. What is not chunked is read past libhdf5.
class MatrixReader final : public arrays::NumberMatrix {
 public:
  /// Throws InputError if it is not such a dataset. The caller holds the Lock.
  explicit MatrixReader(Handle dataset);

  [[nodiscard]] std::int64_t n_rows() const override { return n_rows_; }
  [[nodiscard]] std::int64_t n_columns() const override { return n_columns_; }
  [[nodiscard]] Number number() const override { return type_.number; }
  [[nodiscard]] std::int64_t chunk_rows() const override { return chunk_rows_; }
  [[nodiscard]] std::int64_t chunk_columns() const override { return chunk_columns_; }
  /// Takes the Lock for as long as libhdf5 is at work.
  void read(const arrays::Block& block, std::span<std::byte> out) override;

 private:
  /// What one call needs to expand chunks.
  struct Scratch {
    ChunkDecoder::Scratch decoder;
    std::vector<std::byte> chunk, as_stored;
  };

  /// False where a chunk is not in the file.
  bool read_chunks(const arrays::Block& block, std::span<std::byte> out);
  bool read_chunk(const arrays::Block& chunk, const arrays::Block& block, std::span<std::byte> out, Scratch& scratch);
  /// All numbers of a chunk, also those behind the matrix's edge. False where it is not in the file.
  bool decode(const arrays::Block& chunk, std::span<std::byte> numbers, Scratch& scratch) const;
  void read_through_hdf5(const arrays::Block& block, std::span<std::byte> out) const;
  void read_past_hdf5(const arrays::Block& block, std::span<std::byte> out) const;

  Handle dataset_;
  ElementType type_;
  std::int64_t n_rows_ = 0, n_columns_ = 0;
  std::size_t stored_size_ = 0;
  ChunkDecoder decoder_;
  FileBytes file_;
  std::uint64_t address_ = 0;  // of a matrix stored in one stretch of the file, as it is in memory; 0: it is not
  bool decodes_ = false;
  std::int64_t chunk_rows_ = 1, chunk_columns_ = 1;
  arrays::PieceCache pieces_;  // chunks that were read in part
};

}  // namespace sctab::hdf5
