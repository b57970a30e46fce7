#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sctab/formats/h5ad/file_bytes.hpp"

namespace sctab::h5ad {

/// Where a text of variable length lies, as a dataset stores it: 16 bytes, little-endian.
struct HeapReference {
  static constexpr std::size_t kBytes = 16;
  std::uint32_t length = 0;
  std::uint64_t collection = 0;  // address in the file; 0: an empty text
  std::uint32_t object = 0;      // number within the collection

  static HeapReference decode(const std::byte* bytes);
};

/// Reads the global heap of an open file ("GCOL" blocks of HDF5's format, version 1), checking every bound.
class GlobalHeap {
 public:
  /// object: anything of the file; it must outlive this.
  explicit GlobalHeap(hid_t object);
  /// As FileBytes::can_read().
  [[nodiscard]] bool can_read() const { return file_.can_read(); }

  /// Valid until the next call. Throws InputError on damage.
  std::string_view text(const HeapReference& reference);
  /// Bytes of the file itself.
  void read(std::uint64_t address, std::span<std::byte> out) const;

 private:
  struct Collection {
    std::vector<std::byte> bytes;
    std::unordered_map<std::uint32_t, std::string_view> objects;
  };
  const Collection& collection(std::uint64_t address);
  [[noreturn]] void fail(std::uint64_t address) const;

  hid_t object_;
  FileBytes file_;
  std::unordered_map<std::uint64_t, Collection> collections_;
};

}  // namespace sctab::h5ad
