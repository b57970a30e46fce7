#include "sctab/formats/hdf5/structure/chunk_arrays.hpp"

#include <algorithm>
#include <bit>

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kFixedArray = "array of chunks";
constexpr const char* kExtensibleArray = "growing array of chunks";
constexpr std::size_t kBlockHead = 4 + 1 + 1;  // signature, version, class: then the array's address

bool bit_is_set(ByteView bits, std::uint64_t i) {
  return (std::to_integer<unsigned>(bits[i / 8]) & (0x80U >> (i % 8))) != 0;
}

/// The head that all parts of an array have.
void expect_head(Cursor& cursor, std::string_view signature, const ChunkArray& array) {
  cursor.expect_signature(signature);
  cursor.expect_version(0);
  cursor.require(cursor.get<std::uint8_t>() == (array.has_filters ? 1 : 0), "its elements are of another kind");
}

void visit_elements(Cursor& cursor, const ChunkArray& array, std::uint64_t first, std::uint64_t n, const char* what) {
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t position = cursor.position();
    Cursor element(cursor.file(), cursor.take(array.element_bytes), position, what);
    array.visit(first + i, element);
  }
}

/// A page of elements with a checksum behind them.
void walk_page(FileImage& file, const ChunkArray& array, std::uint64_t address, std::uint64_t first, std::uint64_t n,
               const char* what) {
  const Bytes bytes = file.read(address, n * array.element_bytes + 4, what);
  Cursor cursor(file, bytes, address, what);
  visit_elements(cursor, array, first, n, what);
  cursor.expect_checksum();
}

class ExtensibleArray {
 public:
  ExtensibleArray(FileImage& file, const ChunkArray& array) : file_(file), array_(array) {}

  void walk() {
    const FileImage::Format& format = file_.format();
    const std::uint64_t n_head = kBlockHead + 6 + 6 * format.length_bytes + format.address_bytes + 4;
    const Bytes bytes = file_.take(array_.address, n_head, kExtensibleArray);
    Cursor cursor(file_, bytes, array_.address, kExtensibleArray);
    expect_head(cursor, "EAHD", array_);
    cursor.require(cursor.get<std::uint8_t>() == array_.element_bytes, "its elements are of another size");
    const unsigned bits = cursor.get<std::uint8_t>();
    n_in_index_ = cursor.get<std::uint8_t>();
    least_of_block_ = cursor.get<std::uint8_t>();
    const std::uint64_t least_blocks = cursor.get<std::uint8_t>();
    const unsigned page_bits = cursor.get<std::uint8_t>();
    cursor.skip(4 * format.length_bytes);
    const std::uint64_t n_set = cursor.length();
    cursor.skip(format.length_bytes);
    const std::uint64_t index_block = cursor.address();
    cursor.expect_checksum();
    cursor.require(bits >= 1 && bits <= 60 && page_bits >= 1 && page_bits <= 30 &&
                       std::has_single_bit(least_of_block_) && std::has_single_bit(least_blocks),
                   "its blocks are of an impossible size");
    page_elements_ = std::uint64_t{1} << page_bits;
    offset_bytes_ = (bits + 7) / 8;
    const auto block_bits = static_cast<unsigned>(std::bit_width(least_of_block_) - 1);
    const unsigned n_direct = 2 * static_cast<unsigned>(std::bit_width(least_blocks) - 1);
    cursor.require(bits + 1 >= block_bits + n_direct, "its blocks are of an impossible size");
    if (index_block != kUndefined) walk_index(index_block, n_direct, 1 + bits - block_bits);
    cursor.require(n_set <= end_, "it has more elements than blocks for them");  // libhdf5 asks for each
  }

 private:
  [[nodiscard]] std::uint64_t blocks_of(unsigned super) const { return std::uint64_t{1} << (super / 2); }
  [[nodiscard]] std::uint64_t elements_of_block(unsigned super) const { return least_of_block_ << ((super + 1) / 2); }

  /// The first elements themselves, then the places of the first blocks of them, then those of blocks of places.
  void walk_index(std::uint64_t address, unsigned n_direct, unsigned n_super) {
    const std::size_t address_bytes = file_.format().address_bytes;
    std::uint64_t n_blocks = 0;
    for (unsigned super = 0; super < n_direct; ++super) n_blocks += blocks_of(super);
    const std::uint64_t n_bytes = kBlockHead + address_bytes + n_in_index_ * array_.element_bytes +
                                  (n_blocks + n_super - n_direct) * address_bytes + 4;
    const Bytes bytes = file_.take(address, n_bytes, kExtensibleArray);
    Cursor cursor(file_, bytes, address, kExtensibleArray);
    expect_head(cursor, "EAIB", array_);
    cursor.require(cursor.address() == array_.address, "a block belongs elsewhere");
    visit_elements(cursor, array_, 0, n_in_index_, kExtensibleArray);
    end_ = n_in_index_;
    std::uint64_t begin = 0;
    for (unsigned super = 0; super < n_super; ++super) {
      const std::uint64_t n = elements_of_block(super);
      if (super >= n_direct) {
        walk_super(cursor.address(), begin, super);
        begin += blocks_of(super) * n;
        continue;
      }
      cursor.require(n <= page_elements_, "its pages are of an impossible size");
      for (std::uint64_t i = 0; i < blocks_of(super); ++i, begin += n) walk_block(cursor.address(), begin, n, {}, 0);
    }
    cursor.expect_checksum();
  }

  void walk_super(std::uint64_t address, std::uint64_t begin, unsigned super) {
    if (address == kUndefined) return;
    const std::size_t address_bytes = file_.format().address_bytes;
    const std::uint64_t n = elements_of_block(super), n_blocks = blocks_of(super);
    const std::uint64_t n_pages = n > page_elements_ ? n / page_elements_ : 0;
    const std::uint64_t n_page_bytes = n_blocks * ((n_pages + 7) / 8);
    const std::uint64_t n_bytes =
        kBlockHead + address_bytes + offset_bytes_ + n_page_bytes + n_blocks * address_bytes + 4;
    const Bytes bytes = file_.take(address, n_bytes, kExtensibleArray);
    Cursor cursor(file_, bytes, address, kExtensibleArray);
    expect_head(cursor, "EASB", array_);
    cursor.require(cursor.address() == array_.address, "a block belongs elsewhere");
    cursor.skip(offset_bytes_);  // its place in the array, which libhdf5 neither gets right nor reads
    const ByteView pages = cursor.take(n_page_bytes);
    for (std::uint64_t i = 0; i < n_blocks; ++i) {
      walk_block(cursor.address(), begin + i * n, n, pages, i * n_pages);
    }
    cursor.expect_checksum();
  }

  /// A block of n elements. pages: whether each of its pages was written, from bit first_page on, where it has pages.
  void walk_block(std::uint64_t address, std::uint64_t begin, std::uint64_t n, ByteView pages,
                  std::uint64_t first_page) {
    if (address == kUndefined) return;
    const std::uint64_t first = n_in_index_ + begin;
    end_ = first + n;
    const std::uint64_t n_head = kBlockHead + file_.format().address_bytes + offset_bytes_ + 4;
    const std::uint64_t n_pages = n > page_elements_ ? n / page_elements_ : 0;
    file_.claim(address, saturating_product(n, array_.element_bytes) + n_head + 4 * n_pages, kExtensibleArray);
    const Bytes bytes = file_.read(address, n_pages > 0 ? n_head : n_head + n * array_.element_bytes, kExtensibleArray);
    Cursor cursor(file_, bytes, address, kExtensibleArray);
    expect_head(cursor, "EADB", array_);
    cursor.require(cursor.address() == array_.address, "a block belongs elsewhere");
    cursor.skip(offset_bytes_);  // its place in the array, which libhdf5 neither gets right nor reads
    if (n_pages == 0) visit_elements(cursor, array_, first, n, kExtensibleArray);
    cursor.expect_checksum();
    const std::uint64_t n_page_bytes = page_elements_ * array_.element_bytes + 4;
    for (std::uint64_t page = 0; page < n_pages; ++page) {
      if (!bit_is_set(pages, first_page + page)) continue;
      walk_page(file_, array_, address + n_head + page * n_page_bytes, first + page * page_elements_, page_elements_,
                kExtensibleArray);
    }
  }

  FileImage& file_;
  const ChunkArray& array_;
  std::uint64_t n_in_index_ = 0, least_of_block_ = 1, page_elements_ = 1;
  std::size_t offset_bytes_ = 0;
  std::uint64_t end_ = 0;  // of the elements that blocks hold
};

}  // namespace

void walk_fixed_array(FileImage& file, const ChunkArray& array, std::uint64_t n_elements) {
  const FileImage::Format& format = file.format();
  const std::uint64_t n_head = kBlockHead + 2 + format.length_bytes + format.address_bytes + 4;
  const Bytes bytes = file.take(array.address, n_head, kFixedArray);
  Cursor head(file, bytes, array.address, kFixedArray);
  expect_head(head, "FAHD", array);
  head.require(head.get<std::uint8_t>() == array.element_bytes, "its elements are of another size");
  const unsigned page_bits = head.get<std::uint8_t>();
  head.require(page_bits >= 1 && page_bits <= 30, "its pages are of an impossible size");
  head.require(head.length() == n_elements && n_elements > 0, "it has another number of chunks");
  const std::uint64_t address = head.address();
  head.expect_checksum();
  if (address == kUndefined) return;

  const std::uint64_t of_page = std::uint64_t{1} << page_bits;
  const std::uint64_t n_pages = n_elements > of_page ? (n_elements - 1) / of_page + 1 : 0;
  const std::uint64_t n_page_bits = (n_pages + 7) / 8;
  const std::uint64_t n_block_head = kBlockHead + format.address_bytes + n_page_bits + 4;
  const std::uint64_t n_values = saturating_product(n_elements, array.element_bytes);
  head.require(n_values <= file.size(), "it has too many chunks");
  file.claim(address, n_block_head + n_values + 4 * n_pages, kFixedArray);
  const Bytes block = file.read(address, n_pages > 0 ? n_block_head : n_block_head + n_values, kFixedArray);
  Cursor cursor(file, block, address, kFixedArray);
  expect_head(cursor, "FADB", array);
  cursor.require(cursor.address() == array.address, "a block belongs elsewhere");
  const ByteView pages = cursor.take(n_page_bits);
  if (n_pages == 0) visit_elements(cursor, array, 0, n_elements, kFixedArray);
  cursor.expect_checksum();
  for (std::uint64_t page = 0; page < n_pages; ++page) {
    if (!bit_is_set(pages, page)) continue;
    const std::uint64_t first = page * of_page;
    walk_page(file, array, address + n_block_head + page * (of_page * array.element_bytes + 4), first,
              std::min(of_page, n_elements - first), kFixedArray);
  }
}

void walk_extensible_array(FileImage& file, const ChunkArray& array) {
  ExtensibleArray(file, array).walk();
}

}  // namespace sctab::hdf5::structure
