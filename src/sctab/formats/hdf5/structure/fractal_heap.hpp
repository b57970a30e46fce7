#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// The heap in which new groups keep many links, and objects many attributes: blocks of doubling sizes in a space of
/// their own, which numbers ("ids") in B-trees point into. Read whole, and checked, with its list of free space.
class FractalHeap {
 public:
  /// id_bytes: of the ids that lead to its objects. Throws InputError where it is damaged; all of it becomes claims.
  FractalHeap(FileImage& file, std::uint64_t address, std::size_t id_bytes);

  /// The object of an id. Throws InputError where there is none. Valid until the next call.
  ByteView object(ByteView id);

 private:
  struct Block {
    std::uint64_t offset = 0;  // in the heap's space
    Bytes bytes;
  };
  struct Huge {
    std::uint64_t address, n_bytes;
  };

  void read_header(std::uint64_t address, std::size_t id_bytes);
  void read_shape(Cursor& cursor);
  void read_direct(std::uint64_t address, std::uint64_t offset, std::uint64_t n_bytes);
  void read_indirect(std::uint64_t address, std::uint64_t offset, std::uint64_t n_rows);
  void read_huge_objects(std::uint64_t tree);
  void check_free_space(std::uint64_t address);
  void check_free_section(Cursor& cursor, std::uint64_t offset, std::uint64_t n_bytes, int kind) const;
  [[nodiscard]] std::uint64_t block_bytes(std::uint64_t row) const;
  [[nodiscard]] std::uint64_t begin_of_row(std::uint64_t row) const;
  /// The block that holds this place of the space; null where none does.
  [[nodiscard]] const Block* block_of(std::uint64_t offset) const;
  [[nodiscard]] ByteView managed_object(Cursor& id) const;

  FileImage& file_;
  std::uint64_t address_;
  std::uint64_t width_ = 0, start_bytes_ = 0, most_direct_bytes_ = 0;  // of the table of blocks
  std::uint64_t most_rows_ = 0, direct_rows_ = 0;
  std::uint64_t space_bytes_ = 0;  // in use
  std::size_t offset_bytes_ = 0, length_bytes_ = 0;
  std::uint64_t most_managed_bytes_ = 0;  // of an object
  std::uint64_t block_head_bytes_ = 0;
  bool checksums_blocks_ = false;
  std::map<std::uint64_t, Block> blocks_;         // by offset
  std::unordered_map<std::uint64_t, Huge> huge_;  // by number
  Bytes huge_object_;
};

/// Where a group keeps many links, or an object many attributes; addresses.
struct DenseStorage {
  std::uint64_t heap = kUndefined;  // undefined where there are none
  std::uint64_t by_name = kUndefined;
  std::uint64_t by_order = kUndefined;  // of creation; undefined where that is not indexed
};

/// info: the message about it; n_order: bytes of the order of the newest one. Throws InputError where it is damaged.
DenseStorage read_dense_storage(Cursor& info, std::size_t n_order);

}  // namespace sctab::hdf5::structure
