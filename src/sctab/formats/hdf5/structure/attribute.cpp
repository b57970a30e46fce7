#include "sctab/formats/hdf5/structure/attribute.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "sctab/formats/hdf5/structure/fractal_heap.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"
#include "sctab/formats/hdf5/structure/new_tree.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kAttribute = "attribute";

class AttributeChecker {
 public:
  AttributeChecker(FileImage& file, NamedTypes& named, GlobalHeap& heap) : file_(file), named_(named), heap_(heap) {}

  void check(const ObjectHeader& header) {
    for (const Message& message : header.messages) {
      if (message.type == MessageType::kAttribute) {
        Cursor attribute = message.read(file_, kAttribute);
        (void)check_attribute(attribute);
      } else if (message.type == MessageType::kAttributeInfo) {
        Cursor info = message.read(file_, "list of attributes");
        check_dense(info);
      }
    }
  }

 private:
  /// A part of n_bytes, which version 1 pads to 8.
  static ByteView take_part(Cursor& cursor, std::uint64_t n_bytes, int version) {
    const ByteView part = cursor.take(n_bytes);
    if (version == 1 && n_bytes % 8 != 0) cursor.skip(std::min<std::uint64_t>(8 - n_bytes % 8, cursor.left()));
    return part;
  }

  /// Returns the name.
  std::string check_attribute(Cursor& cursor) {
    constexpr std::uint8_t kSharedType = 0x1, kSharedSpace = 0x2, kKnownFlags = 0x3;
    const int version = cursor.get<std::uint8_t>();
    cursor.require(version >= 1 && version <= 3, "its version is unknown");
    const std::uint8_t read_flags = cursor.get<std::uint8_t>();
    const std::uint8_t flags = version == 1 ? std::uint8_t{0} : read_flags;
    cursor.require((flags & ~kKnownFlags) == 0 && (flags & kSharedSpace) == 0, "its flags are unknown");
    const auto n_name = cursor.get<std::uint16_t>();
    const auto n_type = cursor.get<std::uint16_t>();
    const auto n_space = cursor.get<std::uint16_t>();
    if (version == 3) cursor.require(cursor.get<std::uint8_t>() <= 1, "its characters are unknown");
    const ByteView name_bytes = take_part(cursor, n_name, version);
    const std::string name(reinterpret_cast<const char*>(name_bytes.data()), std::max<std::size_t>(n_name, 1) - 1);
    cursor.require(n_name > 0 && name_bytes.back() == std::byte{0} && name.find('\0') == std::string::npos,
                   "its name is damaged");
    const std::uint64_t type_position = cursor.position();
    const Message type_message{.type = MessageType::kDatatype,
                               .shared = (flags & kSharedType) != 0,
                               .address = type_position,
                               .bytes = take_part(cursor, n_type, version)};
    const Datatype type = named_.read(type_message);
    const std::uint64_t space_position = cursor.position();
    Cursor space_cursor(file_, take_part(cursor, n_space, version), space_position, "shape of an attribute");
    const Dataspace space = read_dataspace(space_cursor);
    const std::uint64_t n_bytes = saturating_product(space.n_elements, type.size);
    const ByteView values = cursor.take(type.type == Datatype::Class::kUnknown ? 0 : n_bytes);
    heap_.require_references(type, values, type.has_heap_references ? space.n_elements : 0);
    return name;
  }

  /// Attributes in a fractal heap, which one B-tree finds by name and perhaps another in order of creation.
  void check_dense(Cursor& info) {
    constexpr std::size_t kIdBytes = 8;
    constexpr std::uint8_t kShared = 0x2;
    const DenseStorage storage = read_dense_storage(info, 2);
    if (storage.heap == kUndefined) return;
    FractalHeap heap(file_, storage.heap, kIdBytes);
    std::set<std::uint64_t> ids;
    std::uint32_t last_hash = 0;
    const auto id_of = [](Cursor& record) {
      const auto id = record.get<std::uint64_t>();
      record.require((record.get<std::uint8_t>() & kShared) == 0, "it is shared");
      return id;
    };
    (void)walk_new_tree(file_, storage.by_name, RecordType::kAttributeName, kIdBytes + 1 + 4 + 4, [&](Cursor& record) {
      const std::uint64_t position = record.position();
      const std::uint64_t id = id_of(record);
      record.skip(4);
      const auto hash = record.get<std::uint32_t>();
      record.require(ids.insert(id).second, "two lead to one attribute");
      Cursor attribute(file_, heap.object(std::as_bytes(std::span(&id, 1))), position, kAttribute);
      const std::string name = check_attribute(attribute);
      record.require(hash >= last_hash && hash == lookup3(std::as_bytes(std::span(name))), "it is out of order");
      last_hash = hash;
    });
    if (storage.by_order == kUndefined) return;
    const std::uint64_t n =
        walk_new_tree(file_, storage.by_order, RecordType::kAttributeOrder, kIdBytes + 1 + 4,
                      [&](Cursor& record) { record.require(ids.contains(id_of(record)), "it leads to no attribute"); });
    info.require(n == ids.size(), "its indexes have different numbers of attributes");
  }

  FileImage& file_;
  NamedTypes& named_;
  GlobalHeap& heap_;
};

}  // namespace

void check_attributes(FileImage& file, const ObjectHeader& header, NamedTypes& named, GlobalHeap& heap) {
  AttributeChecker(file, named, heap).check(header);
}

}  // namespace sctab::hdf5::structure
