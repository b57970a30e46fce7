#include "sctab/formats/hdf5/structure/global_heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kCollection = "heap of values";
/// Collections that are kept, and how much may be read because others had to go: writers leave values in order.
constexpr std::uint64_t kMostBytesKept = 64 << 20;
constexpr std::uint64_t kMostReadings = 32;
constexpr int kMostNestedValues = 8;

}  // namespace

void require_affordable_texts(const FileImage& file, std::uint64_t n_bytes) {
  constexpr std::uint64_t kAlwaysAllowed = 64'000'000, kMostShared = 16;
  const auto size_text = [](std::uint64_t n) { return core::format_bytes(static_cast<double>(n)); };
  const std::uint64_t shared = saturating_product(kMostShared, file.size());
  if (n_bytes > kAlwaysAllowed && n_bytes - kAlwaysAllowed > shared) {
    file.refuse(fmt::format("holds more than {} of text, many times the {} of the file",
                            size_text(kAlwaysAllowed + shared), size_text(file.size())),
                "check where the file comes from, or write it again with AnnData");
  }
  if (std::cmp_less_equal(n_bytes, core::memory_budget())) return;
  file.refuse(fmt::format("holds more than {} of text", size_text(static_cast<std::uint64_t>(core::memory_budget()))),
              "allow more with --memory");
}

HeapReference GlobalHeap::decode(ByteView reference) const {
  Cursor cursor(file_, reference, 0, "reference to a value");
  HeapReference decoded;
  decoded.length = cursor.get<std::uint32_t>();
  decoded.collection = cursor.address();
  decoded.object = cursor.get<std::uint32_t>();
  return decoded;
}

ByteView GlobalHeap::object(const HeapReference& reference) {
  const Collection& found = collection(reference.collection);
  if (reference.object == 0 || reference.object >= found.objects.size() ||
      found.objects[reference.object].data() == nullptr) {
    file_.fail(kCollection, reference.collection, fmt::format("it has no value {}", reference.object));
  }
  return found.objects[reference.object];
}

const GlobalHeap::Collection& GlobalHeap::collection(std::uint64_t address) {
  const auto known = kept_.find(address);
  if (known != kept_.end()) return known->second;
  Collection made = read(address);
  if (bytes_kept_ + made.bytes.size() > kMostBytesKept) {
    kept_.clear();
    bytes_kept_ = 0;
  }
  bytes_kept_ += made.bytes.size();
  bytes_read_ += made.bytes.size();
  if (bytes_read_ / kMostReadings > file_.size()) {
    file_.fail(kCollection, address, "its values are referred to in an order in which no program writes them");
  }
  return kept_.try_emplace(address, std::move(made)).first->second;
}

GlobalHeap::Collection GlobalHeap::read(std::uint64_t address) {
  constexpr std::uint64_t kAlignment = 8;
  const std::uint64_t n_head = 8 + file_.format().length_bytes;  // of a collection, and of an object
  const Bytes head = file_.read(address, n_head, kCollection);
  Cursor cursor(file_, head, address, kCollection);
  cursor.expect_signature("GCOL");
  cursor.expect_version(1);
  cursor.skip(3);
  const std::uint64_t n_bytes = cursor.length();
  cursor.require(n_bytes >= n_head, "it is of an impossible size");
  if (seen_.insert(address).second) file_.claim(address, n_bytes, kCollection);
  Collection made{.bytes = file_.read(address, n_bytes, kCollection)};
  Cursor objects(file_, made.bytes, address, kCollection);
  objects.skip(n_head);
  while (objects.left() >= n_head) {
    const auto number = objects.get<std::uint16_t>();
    objects.skip(2 + 4);
    const std::uint64_t n_object = objects.length();
    if (number == 0) {  // free space, which counts its own head
      objects.require(n_object >= n_head, "its free space is of an impossible size");
      objects.skip(n_object - n_head);
      continue;
    }
    if (number >= made.objects.size()) made.objects.resize(std::size_t{number} + 1);
    objects.require(made.objects[number].data() == nullptr, "it has a value twice");
    made.objects[number] = objects.take(n_object);
    if (n_object % kAlignment != 0) objects.skip(kAlignment - n_object % kAlignment);
  }
  return made;
}

void GlobalHeap::require_references(const Datatype& type, ByteView elements, std::uint64_t n) {
  bytes_referred_to_ = 0;
  require_values(type, elements, n, 0);
}

void GlobalHeap::require_values(const Datatype& type, ByteView elements, std::uint64_t n, int depth) {
  if (!type.has_heap_references) return;
  for (std::uint64_t i = 0; i < n; ++i) {
    const ByteView element = elements.subspan(i * type.size, type.size);
    if (type.type == Datatype::Class::kVariable) {
      require_value(type, element, depth);
      continue;
    }
    for (const Datatype::Part& part : type.parts) {
      const std::uint64_t n_bytes = std::uint64_t{part.count} * part.type.size;
      require_values(part.type, element.subspan(part.offset, n_bytes), part.count, depth);
    }
  }
}

void GlobalHeap::require_value(const Datatype& type, ByteView element, int depth) {
  const HeapReference reference = decode(element);
  if (reference.collection == 0) return;
  const Datatype& base = type.parts.front().type;
  const ByteView value = object(reference);
  // libhdf5 reads all of the object into memory for as much as the reference says.
  if (value.size() != std::uint64_t{reference.length} * base.size) {
    file_.fail(kCollection, reference.collection, "a value is of another length than its reference says");
  }
  bytes_referred_to_ += value.size();
  require_affordable_texts(file_, bytes_referred_to_);
  if (!base.has_heap_references) return;
  if (depth >= kMostNestedValues) file_.fail(kCollection, reference.collection, "its values are nested too deeply");
  const Bytes held(value.begin(), value.end());  // reading more may drop the collection
  require_values(base, held, reference.length, depth + 1);
}

}  // namespace sctab::hdf5::structure
