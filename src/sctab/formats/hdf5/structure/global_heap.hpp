#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sctab/formats/hdf5/structure/datatype.hpp"
#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// Where a value of variable length lies.
struct HeapReference {
  std::uint32_t length = 0;      // of the value, in elements
  std::uint64_t collection = 0;  // address; 0: an empty value
  std::uint32_t object = 0;      // number within the collection

  [[nodiscard]] bool is_empty() const { return length == 0 || collection == 0 || collection == kUndefined; }
};

/// Throws InputError where the texts of one column or attribute come to more than a file of this size may hold (some
/// times its size, since texts may share bytes) or than core::memory_budget() allows.
void require_affordable_texts(const FileImage& file, std::uint64_t n_bytes);

/// Values of variable length. They lie in collections of objects, which must fill each collection from its begin to
/// its end. Throws InputError on damage.
class GlobalHeap {
 public:
  /// The file must outlive this. Collections that are read become claims on it.
  explicit GlobalHeap(FileImage& file) : file_(file) {}

  /// Of this many bytes in the file.
  [[nodiscard]] std::size_t reference_bytes() const { return 4 + file_.format().address_bytes + 4; }
  [[nodiscard]] HeapReference decode(ByteView reference) const;
  /// Valid until the next call.
  ByteView object(const HeapReference& reference);
  /// Throws unless every reference in n elements of this type leads to a value of its length, as do those in the
  /// values.
  void require_references(const Datatype& type, ByteView elements, std::uint64_t n);

 private:
  struct Collection {
    Bytes bytes;
    std::vector<ByteView> objects{};  // by number
  };
  const Collection& collection(std::uint64_t address);
  Collection read(std::uint64_t address);
  void require_values(const Datatype& type, ByteView elements, std::uint64_t n, int depth);
  void require_value(const Datatype& type, ByteView element, int depth);

  FileImage& file_;
  std::unordered_map<std::uint64_t, Collection> kept_;
  std::unordered_set<std::uint64_t> seen_;
  std::uint64_t bytes_kept_ = 0, bytes_read_ = 0;
  std::uint64_t bytes_referred_to_ = 0;  // by what require_references() was asked
};

}  // namespace sctab::hdf5::structure
