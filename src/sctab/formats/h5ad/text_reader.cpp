#include "sctab/formats/h5ad/text_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/h5ad/chunk_decoder.hpp"
#include "sctab/formats/h5ad/hdf5_handle.hpp"
#include "sctab/formats/h5ad/hdf5_value.hpp"

namespace sctab::h5ad {
namespace {

constexpr std::size_t kCollectionsKept = 64;
constexpr std::size_t kHeaderBytes = 16;  // of a collection, and of an object
constexpr std::uint64_t kMostCollectionBytes = 1 << 30;

template <typename T>
T little_endian(const std::byte* bytes) {
  T value = 0;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

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

HeapReference HeapReference::decode(const std::byte* bytes) {
  return {little_endian<std::uint32_t>(bytes), little_endian<std::uint64_t>(bytes + 4),
          little_endian<std::uint32_t>(bytes + 12)};
}

GlobalHeap::GlobalHeap(hid_t object) : object_(object), file_(object) {}

void GlobalHeap::read(std::uint64_t address, std::span<std::byte> out) const {
  if (!file_.read(address, out)) fail(address);
}

std::string_view GlobalHeap::text(const HeapReference& reference) {
  if (reference.length == 0 || reference.collection == 0) return {};
  const auto& objects = collection(reference.collection).objects;
  const auto found = objects.find(reference.object);
  if (found == objects.end() || found->second.size() < reference.length) fail(reference.collection);
  const std::string_view text = found->second.substr(0, reference.length);
  return text.substr(0, text.find('\0'));
}

const GlobalHeap::Collection& GlobalHeap::collection(std::uint64_t address) {
  const auto known = collections_.find(address);
  if (known != collections_.end()) return known->second;
  std::byte header[kHeaderBytes];
  read(address, header);
  const auto size = little_endian<std::uint64_t>(header + 8);
  if (std::memcmp(header, "GCOL\1", 5) != 0 || size < kHeaderBytes || size > kMostCollectionBytes) fail(address);
  Collection collection;
  if (size > file_.size()) fail(address);
  collection.bytes.resize(size);
  read(address, collection.bytes);

  // Objects one after another: number (2 bytes), references (2), reserved (4), size (8), content padded to 8 bytes.
  // Number 0 is the free space at the end.
  for (std::size_t at = kHeaderBytes; size - at >= kHeaderBytes;) {
    const std::byte* object = collection.bytes.data() + at;
    const auto number = little_endian<std::uint16_t>(object);
    const auto length = little_endian<std::uint64_t>(object + 8);
    if (number == 0) break;
    if (length > size - at - kHeaderBytes) fail(address);
    const auto* content = reinterpret_cast<const char*>(object + kHeaderBytes);
    collection.objects.try_emplace(number, content, length);
    at = std::min<std::size_t>(size, at + kHeaderBytes + (length + 7) / 8 * 8);
  }
  if (collections_.size() >= kCollectionsKept) collections_.clear();
  return collections_.try_emplace(address, std::move(collection)).first->second;
}

void GlobalHeap::fail(std::uint64_t address) const {
  throw error_at(
      object_, {.found = fmt::format("its text at byte {} of the file is damaged", address), .next_step = kCopyAgain});
}

constexpr std::int64_t kTextsAtOnce = 1 << 16;

void read_through_hdf5(hid_t dataset, const ElementType& type, bool scalar, std::int64_t n, formats::Strings& out) {
  for (std::int64_t begin = 0; begin < n; begin += kTextsAtOnce) {
    const std::int64_t count = std::min(kTextsAtOnce, n - begin);
    const Handle from = owned(H5Dget_space(dataset), dataset, "its size is damaged");
    const auto length = static_cast<hsize_t>(count);
    const auto offset = static_cast<hsize_t>(begin);
    if (!scalar) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &length, nullptr);
    const Handle to(H5Screate_simple(1, &length, nullptr));
    const auto read = [&](void* memory) {
      return H5Dread(dataset, type.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, memory);
    };
    append_texts(count, type.in_memory.id(), dataset, read, out);
  }
}

void append(GlobalHeap& heap, std::span<const std::byte> references, formats::Strings& out) {
  for (std::size_t at = 0; at < references.size(); at += HeapReference::kBytes) {
    out.emplace_back(heap.text(HeapReference::decode(references.data() + at)));
  }
}

/// False where the dataset is stored in a way that is left to libhdf5.
bool read_from_heap(hid_t dataset, std::int64_t n, formats::Strings& out) {
  GlobalHeap heap(dataset);
  if (!heap.can_read()) return false;
  ChunkDecoder decoder(dataset, HeapReference::kBytes);
  const std::int64_t chunk = decoder.chunk_elements();
  std::vector<std::byte> references;
  ChunkDecoder::Scratch scratch;
  if (chunk > 0 && decoder.knows_filters()) {
    references.resize(static_cast<std::size_t>(chunk) * HeapReference::kBytes);
    for (std::int64_t begin = 0; begin < n; begin += chunk) {
      if (!decoder.decode(begin, references, scratch)) std::fill(references.begin(), references.end(), std::byte{0});
      const auto count = static_cast<std::size_t>(std::min(chunk, n - begin));
      append(heap, std::span(references).first(count * HeapReference::kBytes), out);
    }
    return true;
  }
  const haddr_t address = H5Dget_offset(dataset);
  if (chunk > 0 || address == HADDR_UNDEF) return false;
  for (std::int64_t begin = 0; begin < n; begin += kTextsAtOnce) {
    const auto count = static_cast<std::size_t>(std::min(kTextsAtOnce, n - begin));
    references.resize(count * HeapReference::kBytes);
    heap.read(address + static_cast<haddr_t>(begin) * HeapReference::kBytes, references);
    append(heap, references, out);
  }
  return true;
}

void require_utf8(hid_t dataset, std::string_view counted, const formats::Strings& texts) {
  const auto bad = std::ranges::find_if_not(texts, core::is_utf8);
  if (bad == texts.end()) return;
  throw error_at(dataset, {.found = fmt::format("{} {} (counted from 0) holds \"{}\", which is not UTF-8 text", counted,
                                                bad - texts.begin(), core::printable(*bad)),
                           .next_step = "write the file again with text in UTF-8, or without it"});
}

}  // namespace

formats::Strings read_texts(hid_t dataset, std::string_view counted) {
  const ElementType type = element_type(dataset);
  const std::vector<std::int64_t> shape = dimensions(dataset);
  if (type.kind != ElementType::Kind::kText || shape.size() > 1) {
    throw error_at(dataset, {.found = "does not hold a single column of text", .next_step = kWriteAgain});
  }
  check_plausible_size(dataset);
  const std::int64_t n = shape.empty() ? 1 : shape[0];
  formats::Strings out;
  out.reserve(static_cast<std::size_t>(n));
  const bool variable = H5Tis_variable_str(type.in_memory.id()) > 0;
  const bool read = variable && !shape.empty() && read_from_heap(dataset, n, out);
  if (!read) read_through_hdf5(dataset, type, shape.empty(), n, out);
  require_utf8(dataset, counted, out);
  return out;
}

}  // namespace sctab::h5ad
