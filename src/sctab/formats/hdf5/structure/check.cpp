#include "sctab/formats/hdf5/structure/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/hdf5/structure/attribute.hpp"
#include "sctab/formats/hdf5/structure/chunk_index.hpp"
#include "sctab/formats/hdf5/structure/free_space.hpp"
#include "sctab/formats/hdf5/structure/group.hpp"

namespace sctab::hdf5::structure {
namespace {

class StructureWalk {
 public:
  StructureWalk(FileImage& file, const Superblock& superblock)
      : file_(file), superblock_(superblock), named_(file), heap_(file) {}

  void walk() {
    if (superblock_.extension != kUndefined) check_extension();
    (void)number_of(superblock_.root, kNoParent, "");
    for (std::size_t object = 0; object < objects_.size(); ++object) {
      core::check_interrupt();
      try {
        check_object(object);
      } catch (const core::InputError& error) {
        throw_within(error, object);
      }
      if (object + 1 == objects_.size()) add_named_types();
    }
    require_references();
    file_.require_disjoint();
  }

 private:
  static constexpr std::size_t kNoParent = static_cast<std::size_t>(-1);

  struct Object {
    std::uint64_t address = 0;
    std::size_t parent = kNoParent;
    std::string name{};              // in the parent
    std::uint64_t n_links = 0;       // that lead to it
    std::uint64_t n_references = 1;  // that its header counts
  };

  /// The number of an object, which is checked when its turn comes.
  std::size_t number_of(std::uint64_t address, std::size_t parent, std::string name) {
    const auto [known, is_new] = numbers_.try_emplace(address, objects_.size());
    if (is_new) objects_.push_back({.address = address, .parent = parent, .name = std::move(name)});
    return known->second;
  }

  /// Datatypes that objects use, and that no link needs to lead to.
  void add_named_types() {
    for (const std::uint64_t address : named_.objects()) (void)number_of(address, kNoParent, "");
  }

  [[nodiscard]] std::string path_of(std::size_t object) const {
    std::string path;
    constexpr std::size_t kLongest = 300;
    for (; object != kNoParent && path.size() < kLongest; object = objects_[object].parent) {
      const std::string& name = objects_[object].name;
      if (!name.empty()) path = path.empty() ? name : fmt::format("{}/{}", name, path);
    }
    return path;
  }

  /// The key of an error, where it has one, is a name in the object.
  [[noreturn]] void throw_within(const core::InputError& error, std::size_t object) const {
    core::Problem problem = error.problem();
    const std::string path = path_of(object);
    if (problem.key.empty()) {
      problem.key = path;
    } else if (!path.empty()) {
      problem.key = fmt::format("{}/{}", path, problem.key);
    }
    throw core::InputError(std::move(problem));
  }

  void check_object(std::size_t number) {
    const ObjectHeader header = read_object_header(file_, objects_[number].address);
    objects_[number].n_references = header.n_references;
    const bool is_dataset = header.find(MessageType::kLayout) != nullptr;
    check_attributes(file_, header, named_, heap_);
    if (is_dataset) {
      const Dataset dataset = read_dataset(file_, header, named_);
      if (!dataset.fill_value.empty()) heap_.require_references(dataset.type, dataset.fill_value, 1);
      check_storage(file_, dataset, superblock_);
    } else if (const Message* const type = header.find(MessageType::kDatatype)) {
      (void)named_.read(*type);
    }
    for (HardLink& link : read_links(file_, header, superblock_)) {
      ++objects_[number_of(link.object, number, std::move(link.name))].n_links;
    }
  }

  /// libhdf5 frees an object when the last of the references that it counts goes. The root never does.
  void require_references() const {
    for (std::size_t i = 1; i < objects_.size(); ++i) {
      if (objects_[i].n_links <= objects_[i].n_references) continue;
      try {
        file_.fail("object header", objects_[i].address, "more links lead to it than it counts");
      } catch (const core::InputError& error) {
        throw_within(error, i);
      }
    }
  }

  /// Settings of the file: of those that make libhdf5 do something at once, only the lists of free space are known.
  void check_extension() {
    const ObjectHeader header = read_object_header(file_, superblock_.extension);
    constexpr const char* kRewrite = "write it again with h5py or AnnData";
    check_attributes(file_, header, named_, heap_);
    for (const Message& message : header.messages) {
      Cursor cursor = message.read(file_, "setting of the file");
      if (message.type == MessageType::kTreeSizes) {
        cursor.expect_version(0);
        superblock_.chunk_k = cursor.get<std::uint16_t>();
        superblock_.group_k = cursor.get<std::uint16_t>();
        superblock_.leaf_k = cursor.get<std::uint16_t>();
        cursor.require(superblock_.chunk_k > 0 && superblock_.group_k > 0 && superblock_.leaf_k > 0,
                       "it gives nodes without entries");
      } else if (message.type == MessageType::kFreeSpace) {
        check_free_space_of_file(cursor);
      } else if (message.type == MessageType::kSharedTable) {
        file_.refuse("keeps messages in a table that its objects share, which is not read here", kRewrite);
      } else if (message.type == MessageType::kCacheImage) {
        file_.refuse("holds an image of a program's cache, which is not read here", kRewrite);
      } else if (message.type == MessageType::kDriver) {
        file_.refuse("is one of several files that belong together, which are not read here", kRewrite);
      }
    }
  }

  void check_free_space_of_file(Cursor& cursor) {
    const std::size_t length_bytes = file_.format().length_bytes;
    const auto version = cursor.get<std::uint8_t>();
    cursor.require(version <= 1, "its version is unknown");
    const auto strategy = cursor.get<std::uint8_t>();
    if (version == 0) {
      constexpr std::uint8_t kPersists = 1, kMostStrategies = 4;
      constexpr int kLists = 6;
      cursor.require(strategy >= 1 && strategy <= kMostStrategies, "its strategy is unknown");
      cursor.skip(length_bytes);
      for (int i = 0; strategy == kPersists && i < kLists; ++i) check_list_of_file(cursor.address());
      return;
    }
    constexpr int kLists = 12;
    cursor.require(strategy <= 3, "its strategy is unknown");
    const bool persists = cursor.get<std::uint8_t>() != 0;
    cursor.skip(length_bytes);
    const std::uint64_t page_bytes = cursor.length();
    cursor.require(page_bytes >= 512 && page_bytes <= 1 << 30, "its pages are of an impossible size");
    cursor.skip(2 + file_.format().address_bytes);
    for (int i = 0; persists && i < kLists; ++i) check_list_of_file(cursor.address());
  }

  void check_list_of_file(std::uint64_t address) {
    if (address == kUndefined) return;
    check_free_space(file_, address, true, [this](const FreeSection& section, Cursor& cursor) {
      const std::uint64_t end = file_.format().end;
      cursor.require(section.kind <= 2 && section.begin <= end && section.n_bytes <= end - section.begin,
                     "a section lies past the end of the file");
      file_.claim_values(section.begin, section.n_bytes, "free space");
    });
  }

  FileImage& file_;
  Superblock superblock_;
  NamedTypes named_;
  GlobalHeap heap_;
  std::vector<Object> objects_;
  std::unordered_map<std::uint64_t, std::size_t> numbers_;  // of objects, by address
};

}  // namespace

bool check_structure(int descriptor, const std::string& path, OtherFiles* others) {
  FileImage file(descriptor, path);
  file.note_others(others);
  const auto superblock = read_superblock(file);
  if (!superblock) return false;
  if (superblock->has_writer) {
    file.refuse("is marked as open for writing: another program is writing it, or ended before it had closed it",
                "close it there, or if no program has it open, clear the mark with h5clear -s");
  }
  StructureWalk(file, *superblock).walk();
  return true;
}

}  // namespace sctab::hdf5::structure
