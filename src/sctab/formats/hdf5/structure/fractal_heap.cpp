#include "sctab/formats/hdf5/structure/fractal_heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "sctab/formats/hdf5/structure/free_space.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"
#include "sctab/formats/hdf5/structure/new_tree.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kFractalHeap = "fractal heap";
constexpr const char* kHeapBlock = "block of a fractal heap";

std::uint64_t log2_of(std::uint64_t power) {
  return static_cast<std::uint64_t>(std::bit_width(power)) - 1;
}

}  // namespace

FractalHeap::FractalHeap(FileImage& file, std::uint64_t address, std::size_t id_bytes)
    : file_(file), address_(address) {
  read_header(address, id_bytes);
}

void FractalHeap::read_header(std::uint64_t address, std::size_t id_bytes) {
  const FileImage::Format& format = file_.format();
  const std::uint64_t n_bytes = 26 + 12 * format.length_bytes + 3 * format.address_bytes;
  const Bytes bytes = file_.take(address, n_bytes, kFractalHeap);
  Cursor cursor(file_, bytes, address, kFractalHeap);
  cursor.expect_signature("FRHP");
  cursor.expect_version(0);
  cursor.require(cursor.get<std::uint16_t>() == id_bytes, "its ids are of another size");
  if (cursor.get<std::uint16_t>() > 0) {
    file_.refuse("compresses the names of its objects, which is not read here", "write it again with h5py or AnnData");
  }
  checksums_blocks_ = (cursor.get<std::uint8_t>() & 0x2U) != 0;
  most_managed_bytes_ = cursor.get<std::uint32_t>();
  cursor.skip(format.length_bytes);
  const std::uint64_t huge_objects = cursor.address();
  cursor.skip(format.length_bytes);
  const std::uint64_t free_space = cursor.address();
  space_bytes_ = cursor.length();
  const std::uint64_t allocated = cursor.length();
  const std::uint64_t next_block = cursor.length();
  cursor.skip(5 * format.length_bytes);  // counts of objects
  read_shape(cursor);
  cursor.require(1 + offset_bytes_ + length_bytes_ <= id_bytes, "its ids are of an impossible size");
  cursor.require(allocated <= space_bytes_ && next_block <= space_bytes_ && next_block % start_bytes_ == 0,
                 "its space is of an impossible size");
  cursor.skip(2);
  const std::uint64_t root = cursor.address();
  const std::uint64_t n_rows = cursor.get<std::uint16_t>();
  cursor.expect_checksum();
  cursor.require(n_rows <= most_rows_, "it has too many rows of blocks");
  cursor.require(space_bytes_ <= (n_rows == 0 ? start_bytes_ : begin_of_row(n_rows)),
                 "its space is of an impossible size");
  if (root != kUndefined && n_rows == 0) read_direct(root, 0, start_bytes_);
  if (root != kUndefined && n_rows > 0) read_indirect(root, 0, n_rows);
  if (huge_objects != kUndefined) read_huge_objects(huge_objects);
  if (free_space != kUndefined) check_free_space(free_space);
}

/// The table of blocks: rows of `width`, of which the first two have blocks of the start's size and each other one
/// blocks twice as large as the row before it. Blocks above a limit are tables themselves.
void FractalHeap::read_shape(Cursor& cursor) {
  width_ = cursor.get<std::uint16_t>();
  start_bytes_ = cursor.length();
  most_direct_bytes_ = cursor.length();
  const std::uint64_t address_bits = cursor.get<std::uint16_t>();
  constexpr std::uint64_t kMostBits = 60, kMostBlock = 1 << 30;
  cursor.require(std::has_single_bit(width_) && std::has_single_bit(start_bytes_) &&
                     std::has_single_bit(most_direct_bytes_) && start_bytes_ <= most_direct_bytes_ &&
                     most_direct_bytes_ <= kMostBlock && address_bits <= kMostBits,
                 "its blocks are of an impossible size");
  const std::uint64_t first_row_bits = log2_of(start_bytes_) + log2_of(width_);
  cursor.require(first_row_bits <= address_bits, "its blocks are of an impossible size");
  most_rows_ = address_bits - first_row_bits + 1;
  direct_rows_ = log2_of(most_direct_bytes_) - log2_of(start_bytes_) + 2;
  offset_bytes_ = (address_bits + 7) / 8;
  length_bytes_ = std::min<std::size_t>((log2_of(most_direct_bytes_) + 7) / 8, bytes_for(most_managed_bytes_));
  block_head_bytes_ = 4 + 1 + file_.format().address_bytes + offset_bytes_ + (checksums_blocks_ ? 4 : 0);
  cursor.require(block_head_bytes_ < start_bytes_ && most_managed_bytes_ <= most_direct_bytes_ - block_head_bytes_,
                 "its objects are of an impossible size");
}

std::uint64_t FractalHeap::block_bytes(std::uint64_t row) const {
  return row == 0 ? start_bytes_ : start_bytes_ << (row - 1);
}

std::uint64_t FractalHeap::begin_of_row(std::uint64_t row) const {
  return row == 0 ? 0 : (start_bytes_ * width_) << (row - 1);
}

void FractalHeap::read_direct(std::uint64_t address, std::uint64_t offset, std::uint64_t n_bytes) {
  Bytes bytes = file_.take(address, n_bytes, kHeapBlock);
  Cursor cursor(file_, bytes, address, kHeapBlock);
  cursor.expect_signature("FHDB");
  cursor.expect_version(0);
  cursor.require(cursor.address() == address_ && cursor.number(offset_bytes_) == offset, "it belongs elsewhere");
  if (checksums_blocks_) {  // made while its own place was 0
    const std::size_t place = cursor.position() - address;
    const auto stored = cursor.get<std::uint32_t>();
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place), 4, std::byte{0});
    cursor.require(lookup3(bytes) == stored, "its checksum is wrong");
  }
  blocks_.try_emplace(offset, Block{offset, std::move(bytes)});
}

void FractalHeap::read_indirect(std::uint64_t address, std::uint64_t offset, std::uint64_t n_rows) {
  const std::size_t address_bytes = file_.format().address_bytes;
  const std::uint64_t n_bytes = 4 + 1 + address_bytes + offset_bytes_ + n_rows * width_ * address_bytes + 4;
  const Bytes bytes = file_.take(address, n_bytes, kHeapBlock);
  Cursor cursor(file_, bytes, address, kHeapBlock);
  cursor.expect_signature("FHIB");
  cursor.expect_version(0);
  cursor.require(cursor.address() == address_ && cursor.number(offset_bytes_) == offset, "it belongs elsewhere");
  const std::uint64_t row_bits = log2_of(start_bytes_) + log2_of(width_);
  for (std::uint64_t row = 0; row < n_rows; ++row) {
    const std::uint64_t n_child = block_bytes(row);
    for (std::uint64_t column = 0; column < width_; ++column) {
      const std::uint64_t child = cursor.address();
      const std::uint64_t begin = offset + begin_of_row(row) + column * n_child;
      if (child == kUndefined) continue;
      if (row < direct_rows_) {
        read_direct(child, begin, n_child);
      } else {
        cursor.require(log2_of(n_child) >= row_bits, "a block in it is of an impossible size");
        read_indirect(child, begin, log2_of(n_child) - row_bits + 1);
      }
    }
  }
  cursor.expect_checksum();
}

void FractalHeap::read_huge_objects(std::uint64_t tree) {
  const FileImage::Format& format = file_.format();
  const std::size_t n_record = format.address_bytes + 2 * format.length_bytes;
  (void)walk_new_tree(file_, tree, RecordType::kHugeObject, n_record, [this](Cursor& record) {
    const std::uint64_t address = record.address();
    const std::uint64_t n_bytes = record.length();
    file_.claim_values(address, n_bytes, "large object of a fractal heap");
    const bool is_new = huge_.try_emplace(record.length(), Huge{address, n_bytes}).second;
    record.require(is_new, "two have one number");
  });
}

void FractalHeap::check_free_space(std::uint64_t address) {
  structure::check_free_space(file_, address, false, [this](const FreeSection& section, Cursor& cursor) {
    constexpr int kInBlock = 0, kRows = 1;
    cursor.require(section.kind == kInBlock || section.kind == kRows, "a section is of an unknown kind");
    if (section.kind == kInBlock) {
      const Block* const block = block_of(section.begin);
      cursor.require(block != nullptr && section.begin - block->offset >= block_head_bytes_ &&
                         section.n_bytes <= block->offset + block->bytes.size() - section.begin,
                     "a section lies outside of its heap");
      return;
    }
    const std::uint64_t table = cursor.number(offset_bytes_);
    const std::uint64_t row = cursor.get<std::uint16_t>();
    const std::uint64_t column = cursor.get<std::uint16_t>();
    const std::uint64_t n_blocks = cursor.get<std::uint16_t>();
    cursor.require(table <= space_bytes_ && section.begin <= space_bytes_ && n_blocks > 0 && column < width_ &&
                       row * width_ + column + n_blocks <= most_rows_ * width_,
                   "a section lies outside of its heap");
  });
}

const FractalHeap::Block* FractalHeap::block_of(std::uint64_t offset) const {
  auto after = blocks_.upper_bound(offset);
  if (after == blocks_.begin()) return nullptr;
  const Block& block = std::prev(after)->second;
  return offset - block.offset < block.bytes.size() ? &block : nullptr;
}

ByteView FractalHeap::managed_object(Cursor& id) const {
  const std::uint64_t offset = id.number(offset_bytes_);
  const std::uint64_t n_bytes = id.number(length_bytes_);
  const Block* const block = block_of(offset);
  id.require(block != nullptr && n_bytes > 0 && n_bytes <= most_managed_bytes_, "there is no such object");
  const std::uint64_t at = offset - block->offset;
  id.require(at >= block_head_bytes_ && n_bytes <= block->bytes.size() - at, "there is no such object");
  return ByteView(block->bytes).subspan(at, n_bytes);
}

ByteView FractalHeap::object(ByteView id_bytes) {
  enum Kind : unsigned { kManaged, kHuge, kTiny };
  Cursor id(file_, id_bytes, address_, kFractalHeap);
  const unsigned flags = id.get<std::uint8_t>();
  id.require(flags >> 6U == 0, "an id is of an unknown version");
  const unsigned kind = flags >> 4U & 0x3U;
  if (kind == kManaged) return managed_object(id);
  if (kind == kTiny) return id.take((flags & 0xfU) + 1);
  id.require(kind == kHuge, "an id is of an unknown kind");
  const FileImage::Format& format = file_.format();
  id.require(format.address_bytes + format.length_bytes > id.left(), "its large objects are kept in an unknown way");
  const auto found = huge_.find(id.number(std::min<std::size_t>(id.left(), 8)));
  id.require(found != huge_.end(), "there is no such object");
  huge_object_ = file_.read(found->second.address, found->second.n_bytes, kFractalHeap);
  return huge_object_;
}

DenseStorage read_dense_storage(Cursor& info, std::size_t n_order) {
  constexpr std::uint8_t kTracksOrder = 0x1, kHasOrderIndex = 0x2, kKnownFlags = 0x3;
  info.expect_version(0);
  const auto flags = info.get<std::uint8_t>();
  info.require((flags & ~kKnownFlags) == 0, "its flags are unknown");
  if ((flags & kTracksOrder) != 0) info.skip(n_order);
  DenseStorage storage;
  storage.heap = info.address();
  storage.by_name = info.address();
  if ((flags & kHasOrderIndex) != 0) storage.by_order = info.address();
  info.require(storage.heap == kUndefined || storage.by_name != kUndefined, "its index of names is missing");
  return storage;
}

}  // namespace sctab::hdf5::structure
