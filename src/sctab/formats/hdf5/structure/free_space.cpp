#include "sctab/formats/hdf5/structure/free_space.hpp"

#include <bit>

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kFreeList = "list of free space";

struct FreeSpaceHead {
  std::uint64_t n_sections = 0;
  std::uint64_t n_unstored = 0;   // sections that follow from the others
  std::uint64_t total_bytes = 0;  // of all
  std::size_t begin_bytes = 0;    // of a section's begin
  std::uint64_t most_bytes = 0;
  std::uint64_t sections = kUndefined;
  std::uint64_t used_bytes = 0, held_bytes = 0;  // by the sections
};

FreeSpaceHead read_head(FileImage& file, std::uint64_t address, bool of_file) {
  const FileImage::Format& format = file.format();
  const std::uint64_t n_bytes = 4 + 1 + 1 + 7 * format.length_bytes + 8 + format.address_bytes + 4;
  const Bytes bytes = file.take(address, n_bytes, kFreeList);
  Cursor cursor(file, bytes, address, kFreeList);
  cursor.expect_signature("FSHD");
  cursor.expect_version(0);
  cursor.require(cursor.get<std::uint8_t>() == (of_file ? 1 : 0), "it is that of something else");
  FreeSpaceHead head;
  head.total_bytes = cursor.length();
  const std::uint64_t n_all = cursor.length();
  head.n_sections = cursor.length();
  head.n_unstored = cursor.length();
  cursor.require(head.n_sections <= n_all && n_all - head.n_sections == head.n_unstored &&
                     (head.n_sections > 0 || n_all == 0) && (head.n_unstored == 0 || !of_file),
                 "it counts its sections wrongly");
  cursor.skip(2 + 2 + 2);
  const std::uint64_t address_bits = cursor.get<std::uint16_t>();
  cursor.require(address_bits >= 1 && address_bits <= 64, "its addresses are of an impossible size");
  head.begin_bytes = (address_bits + 7) / 8;
  head.most_bytes = cursor.length();
  head.sections = cursor.address();
  head.used_bytes = cursor.length();
  head.held_bytes = cursor.length();
  cursor.expect_checksum();
  cursor.require(head.used_bytes <= head.held_bytes && head.most_bytes > 1, "it is of an impossible size");
  return head;
}

}  // namespace

void check_free_space(FileImage& file, std::uint64_t address, bool of_file,
                      const std::function<void(const FreeSection& section, Cursor& cursor)>& check) {
  const FreeSpaceHead head = read_head(file, address, of_file);
  if (head.sections == kUndefined) {
    if (head.n_sections > 0) file.fail(kFreeList, address, "its sections are missing");
    return;
  }
  file.claim(head.sections, head.held_bytes, kFreeList);
  const Bytes bytes = file.read(head.sections, head.used_bytes, kFreeList);
  Cursor cursor(file, bytes, head.sections, kFreeList);
  cursor.expect_signature("FSSE");
  cursor.expect_version(0);
  cursor.require(cursor.address() == address, "it is that of something else");
  const std::size_t count_bytes = bytes_for(head.n_sections);
  std::uint64_t n_bytes = 0;
  for (std::uint64_t n = 0; n < head.n_sections;) {
    const std::uint64_t n_alike = cursor.number(count_bytes);
    FreeSection section;
    section.n_bytes = cursor.number(bytes_for(head.most_bytes));
    cursor.require(n_alike > 0 && n_alike <= head.n_sections - n, "it counts its sections wrongly");
    // libhdf5 sorts sections by the logarithm of their size, below that of the largest.
    cursor.require(section.n_bytes > 0 && std::bit_width(section.n_bytes) < std::bit_width(head.most_bytes),
                   "a section is of an impossible size");
    for (std::uint64_t i = 0; i < n_alike; ++i) {
      section.begin = cursor.number(head.begin_bytes);
      section.kind = cursor.get<std::uint8_t>();
      check(section, cursor);
      n_bytes += section.n_bytes;
    }
    n += n_alike;
  }
  cursor.require(head.n_unstored > 0 ? n_bytes <= head.total_bytes : n_bytes == head.total_bytes,
                 "it counts its bytes wrongly");
  cursor.require(cursor.left() >= 4, "it ends too early");
  cursor.skip(cursor.left() - 4);
  cursor.expect_checksum();
}

}  // namespace sctab::hdf5::structure
