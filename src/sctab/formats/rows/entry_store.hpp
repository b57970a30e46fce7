#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/rows/cell_spool.hpp"
#include "sctab/formats/rows/scratch_file.hpp"

namespace sctab::rows {

/// A value on its way to its row, in a strip whose genes lie close together; and in one whose genes do not.
struct NarrowEntry {
  std::uint16_t cell;  // its last 16 bits: those that a load looks at lie close together
  std::uint16_t gene;  // counted from the strip's first
  float value;
};
struct WideEntry {
  GeneIndex gene;
  float value;
  std::uint16_t cell;  // its last 16 bits
};

/// Cells of a bucket, and of a load, at most: with the rest of the buckets at both ends, a load has fewer than 2^16.
inline constexpr CellIndex kMostCellsOfBucket = 1 << 14;
inline constexpr CellIndex kMostCellsOfLoad = 1 << 15;

/// Strips of entries, each sorted by bucket of neighbouring cells: in memory as far as half of it goes, and then in a
/// scratch file. A bucket is contiguous in every strip.
class EntryStore {
 public:
  struct Options {
    CellIndex n_cells = 0;
    CellIndex cells_of_bucket = 1;  // at most kMostCellsOfBucket
    std::int64_t memory_bytes = 0;
    std::filesystem::path temporary_folder{};
  };
  EntryStore(core::Problem where, Options options);

  /// Sorts and keeps a strip; any number of threads may. Throws InputError where a cell is not below n_cells or a gene
  /// below 0, and where the scratch file cannot be written.
  void add(const CellSpool::Strip& strip);
  /// To be called once all is added.
  void finish();

  [[nodiscard]] const core::Problem& where() const { return where_; }
  [[nodiscard]] CellIndex n_cells() const { return options_.n_cells; }
  [[nodiscard]] CellIndex cells_of_bucket() const { return options_.cells_of_bucket; }
  [[nodiscard]] GeneIndex largest_gene() const { return largest_gene_; }  // -1: there are no values
  /// Entries of the buckets that hold cells [begin, end). After finish().
  [[nodiscard]] std::int64_t entries_near(CellIndex begin, CellIndex end) const;

  /// The entries of some cells, strip by strip.
  class Load;

 private:
  struct Strip {
    std::int64_t number = 0;
    GeneIndex first_gene = 0;  // from which narrow entries count
    bool is_wide = false;
    std::vector<std::uint32_t> begins;  // of buckets, and the end; empty where they are in the file
    std::int64_t begins_at = 0;         // in the file, bytes
    std::vector<NarrowEntry> narrow;    // the entries, where they are in memory
    std::vector<WideEntry> wide;
    std::int64_t entries_at = -1;  // in the file, bytes; -1: they are in memory
  };

  [[nodiscard]] CellIndex n_buckets() const;
  void check(const CellSpool::Strip& strip, GeneIndex& least, GeneIndex& most) const;
  template <typename Entry>
  std::vector<Entry> sorted(const CellSpool::Strip& strip, GeneIndex first_gene,
                            std::vector<std::uint32_t>& begins) const;
  template <typename Entry>
  void keep(Strip& kept, std::vector<Entry> entries, std::vector<Entry>& in_memory);
  void keep_begins(Strip& kept, std::vector<std::uint32_t> begins);
  /// Where so many bytes go in the file, which is made when it is first needed.
  std::int64_t reserve_in_file(std::size_t bytes);
  /// Where entries of buckets [first, last) begin and end in a strip.
  [[nodiscard]] std::array<std::uint32_t, 2> part_of(const Strip& strip, CellIndex first, CellIndex last) const;

  core::Problem where_;
  Options options_;
  std::mutex mutex_;
  std::vector<Strip> strips_;
  std::vector<std::int64_t> bucket_begin_;  // while strips are added, bucket_begin_[b + 1] counts those of bucket b
  GeneIndex largest_gene_ = -1;
  std::int64_t entry_bytes_ = 0, begins_bytes_ = 0;  // in memory
  std::optional<ScratchFile> file_;
  std::int64_t file_bytes_ = 0;
};

/// Entries of cells [begin, end), as far as they are not in memory anyway read into buffers.
class EntryStore::Load {
 public:
  /// Throws InputError where the scratch file cannot be read or memory does not suffice.
  Load(const EntryStore& store, CellIndex begin, CellIndex end);

  /// Calls f(cell counted from begin, gene, value) for each entry, strip by strip, in the order in which they came.
  template <typename F>
  void for_each(F&& f) const {
    for (const Piece& piece : pieces_) {
      for (const NarrowEntry& entry : narrow_of(piece)) {
        const std::uint32_t cell = local(entry.cell);
        if (cell < n_cells_) f(cell, piece.first_gene + entry.gene, entry.value);
      }
      for (const WideEntry& entry : wide_of(piece)) {
        const std::uint32_t cell = local(entry.cell);
        if (cell < n_cells_) f(cell, entry.gene, entry.value);
      }
    }
  }

 private:
  /// Entries of one strip: in memory, or in a buffer from `begin`.
  struct Piece {
    GeneIndex first_gene = 0;
    std::span<const NarrowEntry> narrow{};
    std::span<const WideEntry> wide{};
    std::size_t narrow_begin = 0, n_narrow = 0, wide_begin = 0, n_wide = 0;
  };

  [[nodiscard]] std::uint32_t local(std::uint16_t cell) const { return static_cast<std::uint16_t>(cell - first_cell_); }
  [[nodiscard]] std::span<const NarrowEntry> narrow_of(const Piece& piece) const {
    return piece.n_narrow > 0 ? std::span(narrow_).subspan(piece.narrow_begin, piece.n_narrow) : piece.narrow;
  }
  [[nodiscard]] std::span<const WideEntry> wide_of(const Piece& piece) const {
    return piece.n_wide > 0 ? std::span(wide_).subspan(piece.wide_begin, piece.n_wide) : piece.wide;
  }
  template <typename Entry>
  void require_memory_for(std::int64_t n_entries) const;
  /// Appends the entries of a part of a strip in the file that are of these cells.
  template <typename Entry>
  std::size_t append(const Strip& strip, std::array<std::uint32_t, 2> part, std::vector<Entry>& buffer);

  const EntryStore& store_;
  std::uint16_t first_cell_;
  std::uint32_t n_cells_;
  std::vector<Piece> pieces_;
  std::vector<NarrowEntry> narrow_;
  std::vector<WideEntry> wide_;
};

}  // namespace sctab::rows
