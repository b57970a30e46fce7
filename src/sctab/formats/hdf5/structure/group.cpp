#include "sctab/formats/hdf5/structure/group.hpp"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/formats/hdf5/structure/fractal_heap.hpp"
#include "sctab/formats/hdf5/structure/local_heap.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"
#include "sctab/formats/hdf5/structure/new_tree.hpp"
#include "sctab/formats/hdf5/structure/old_tree.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kLink = "link";

/// Notes the file that an external link leads to. Throws InputError where such links are not followed.
void read_external_link(const FileImage& file, const std::string& name, Cursor& value) {
  value.skip(1);  // version and flags
  const std::string other_file(value.text());
  const std::string object(value.text());
  if (file.others() != nullptr) return file.others()->linked.push_back(other_file);
  throw core::InputError(
      {.file = file.path(),
       .key = name,
       .found = fmt::format("is an external link to {} in {}, which is not followed", object, other_file),
       .next_step = "copy what it leads to into the file, or follow it with --allow-external"});
}

class GroupReader {
 public:
  GroupReader(FileImage& file, const Superblock& superblock) : file_(file), superblock_(superblock) {}

  std::vector<HardLink> read(const ObjectHeader& header) {
    for (const Message& message : header.messages) {
      if (message.type == MessageType::kLink) {
        Cursor link = message.read(file_, kLink);
        (void)read_link(link);
      } else if (message.type == MessageType::kSymbolTable) {
        Cursor table = message.read(file_, "symbol table of a group");
        read_symbol_table(table);
      } else if (message.type == MessageType::kLinkInfo) {
        Cursor info = message.read(file_, "list of links");
        read_dense_links(info);
      }
    }
    return std::move(links_);
  }

 private:
  /// Returns the name.
  std::string read_link(Cursor& cursor) {
    constexpr std::uint8_t kNameSizeBits = 0x3, kHasOrder = 0x4, kHasType = 0x8, kHasCharacters = 0x10,
                           kKnownFlags = 0x1f;
    enum Type : std::uint8_t { kHard = 0, kSoft = 1, kExternal = 64 };
    cursor.expect_version(1);
    const auto flags = cursor.get<std::uint8_t>();
    cursor.require((flags & ~kKnownFlags) == 0, "its flags are unknown");
    const std::uint8_t type = (flags & kHasType) != 0 ? cursor.get<std::uint8_t>() : std::uint8_t{kHard};
    if ((flags & kHasOrder) != 0) cursor.skip(8);
    if ((flags & kHasCharacters) != 0) cursor.require(cursor.get<std::uint8_t>() <= 1, "its characters are unknown");
    const std::uint64_t n_name = cursor.number(std::size_t{1} << (flags & kNameSizeBits));
    const ByteView bytes = cursor.take(n_name);
    std::string name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    cursor.require(!name.empty() && name.find('\0') == std::string::npos, "its name is damaged");
    if (type == kHard) {
      links_.push_back({name, cursor.address()});
      return name;
    }
    cursor.require(type == kSoft || type >= kExternal, "its kind is unknown");
    const auto n_value = cursor.get<std::uint16_t>();
    const std::uint64_t position = cursor.position();
    Cursor value(file_, cursor.take(n_value), position, kLink);
    value.require(type != kSoft || n_value > 0, "it leads nowhere");
    if (type == kExternal) read_external_link(file_, name, value);
    return name;
  }

  /// Links in a fractal heap, which one B-tree finds by name and perhaps another in order of creation.
  void read_dense_links(Cursor& info) {
    constexpr std::size_t kIdBytes = 7;
    const DenseStorage storage = read_dense_storage(info, 8);
    if (storage.heap == kUndefined) return;
    FractalHeap heap(file_, storage.heap, kIdBytes);
    using Id = std::array<std::byte, kIdBytes>;
    const auto id_of = [](Cursor& record) {
      Id id{};
      const ByteView bytes = record.take(kIdBytes);
      std::copy(bytes.begin(), bytes.end(), id.begin());
      return id;
    };
    std::set<Id> ids;
    std::uint32_t last_hash = 0;
    (void)walk_new_tree(file_, storage.by_name, RecordType::kLinkName, 4 + kIdBytes, [&](Cursor& record) {
      const auto hash = record.get<std::uint32_t>();
      const std::uint64_t position = record.position();
      const Id id = id_of(record);
      record.require(ids.insert(id).second, "two lead to one link");
      Cursor link(file_, heap.object(id), position, kLink);
      const std::string name = read_link(link);
      record.require(hash >= last_hash && hash == lookup3(std::as_bytes(std::span(name))), "it is out of order");
      last_hash = hash;
    });
    if (storage.by_order == kUndefined) return;
    const std::uint64_t n =
        walk_new_tree(file_, storage.by_order, RecordType::kLinkOrder, 8 + kIdBytes, [&](Cursor& record) {
          record.skip(8);
          record.require(ids.contains(id_of(record)), "it leads to no link");
        });
    info.require(n == ids.size(), "its indexes have different numbers of links");
  }

  /// An old group: names in a heap, which a B-tree of blocks of entries sorts.
  void read_symbol_table(Cursor& table) {
    const std::uint64_t root = table.address();
    const LocalHeap heap(file_, table.address());
    OldTree<std::string> tree(file_, {.number = 0,
                                      .key_bytes = file_.format().length_bytes,
                                      .k = superblock_.group_k,
                                      .read_key = [&](Cursor& key) { return std::string(heap.text(key.length())); },
                                      .visit = [&](const std::string& left, const std::string& right,
                                                   std::uint64_t child) { read_entries(heap, left, right, child); }});
    tree.walk(root);
  }

  void read_entries(const LocalHeap& heap, const std::string& left, const std::string& right, std::uint64_t address) {
    enum CacheType : std::uint32_t { kNothing, kGroup, kSoftLink };
    const FileImage::Format& format = file_.format();
    const std::uint64_t n_entry = format.length_bytes + format.address_bytes + 4 + 4 + 16;
    const Bytes bytes = file_.take(address, 8 + 2 * superblock_.leaf_k * n_entry, "names of a group");
    Cursor cursor(file_, bytes, address, "names of a group");
    cursor.expect_signature("SNOD");
    cursor.expect_version(1);
    cursor.skip(1);
    const std::uint64_t n_entries = cursor.get<std::uint16_t>();
    cursor.require(n_entries <= 2 * superblock_.leaf_k, "there are too many");
    std::string_view last = left;
    for (std::uint64_t i = 0; i < n_entries; ++i) {
      const std::string_view name = heap.text(cursor.length());
      const std::uint64_t object = cursor.address();
      const auto cached = cursor.get<std::uint32_t>();
      cursor.skip(4);
      const std::uint64_t position = cursor.position();
      Cursor scratch(file_, cursor.take(16), position, kLink);
      cursor.require(!name.empty() && last < name && name <= right, "they are out of order");
      cursor.require(cached <= kSoftLink, "an entry is of an unknown kind");
      if (cached == kSoftLink) {
        scratch.require(!heap.text(scratch.get<std::uint32_t>()).empty(), "it leads nowhere");
      } else {
        links_.push_back({std::string(name), object});
      }
      last = name;
    }
  }

  FileImage& file_;
  const Superblock& superblock_;
  std::vector<HardLink> links_;
};

}  // namespace

std::vector<HardLink> read_links(FileImage& file, const ObjectHeader& header, const Superblock& superblock) {
  return GroupReader(file, superblock).read(header);
}

}  // namespace sctab::hdf5::structure
