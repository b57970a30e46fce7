#include "sctab/formats/h5ad/global_heap.hpp"

#include <fmt/format.h>

#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::h5ad {
namespace {

constexpr std::size_t kCollectionsKept = 64;
constexpr std::size_t kHeaderBytes = 16;  // of a collection, and of an object
constexpr std::uint64_t kMostBytes = 1 << 30;

template <typename T>
T little_endian(const std::byte* bytes) {
  T value = 0;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

}  // namespace

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
  if (std::memcmp(header, "GCOL\1", 5) != 0 || size < kHeaderBytes || size > kMostBytes) fail(address);
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

}  // namespace sctab::h5ad
