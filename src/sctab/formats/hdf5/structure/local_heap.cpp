#include "sctab/formats/hdf5/structure/local_heap.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kLocalHeap = "heap of names";

}  // namespace

LocalHeap::LocalHeap(FileImage& file, std::uint64_t address) : file_(file), address_(address) {
  const std::uint64_t n_head = 8 + 2 * file.format().length_bytes + file.format().address_bytes;
  const Bytes head = file.take(address, n_head, kLocalHeap);
  Cursor cursor(file, head, address, kLocalHeap);
  cursor.expect_signature("HEAP");
  cursor.expect_version(0);
  cursor.skip(3);
  const std::uint64_t n_bytes = cursor.length();
  const std::uint64_t first_free = cursor.length();
  bytes_ = file.take(cursor.address(), n_bytes, "names of a heap");
  check_free_space(first_free);
}

/// libhdf5 follows the list of free blocks wherever it leads.
void LocalHeap::check_free_space(std::uint64_t first) const {
  constexpr std::uint64_t kNoBlock = 1;
  const std::uint64_t n_head = 2 * file_.format().length_bytes;
  std::uint64_t n_free = 0;
  for (std::uint64_t at = first; at != kNoBlock;) {
    if (at > bytes_.size() || n_head > bytes_.size() - at) {
      file_.fail(kLocalHeap, address_, "a free block lies outside of it");
    }
    Cursor block(file_, ByteView(bytes_).subspan(at, n_head), address_, kLocalHeap);
    const std::uint64_t next = block.length();
    const std::uint64_t n_bytes = block.length();
    block.require(n_bytes >= n_head && n_bytes <= bytes_.size() - at, "a free block is of an impossible size");
    n_free += n_bytes;
    block.require(n_free <= bytes_.size(), "its list of free blocks has no end");
    at = next;
  }
}

std::string_view LocalHeap::text(std::uint64_t offset) const {
  if (offset >= bytes_.size()) file_.fail(kLocalHeap, address_, "a name lies outside of it");
  Cursor cursor(file_, ByteView(bytes_).subspan(offset), address_, kLocalHeap);
  return cursor.text();
}

}  // namespace sctab::hdf5::structure
