#include "sctab/formats/hdf5/structure/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/hdf5/structure/global_heap.hpp"
#include "sctab/formats/hdf5/structure/local_heap.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr std::size_t kMostRank = 32;
constexpr const char* kDatatype = "datatype";
constexpr const char* kCopyValues = "copy the values into the file (h5py or AnnData read and write them)";

/// The extent of a chunk, of n_dimensions numbers. The last is the bytes of an element.
void read_chunk_extent(Cursor& cursor, std::size_t n_dimensions, std::size_t n_bytes, const Datatype& type,
                       Layout& layout) {
  cursor.require(n_dimensions >= 2 && n_dimensions <= kMostRank + 1, "it has an impossible number of dimensions");
  layout.chunk_bytes = 1;
  for (std::size_t i = 0; i < n_dimensions; ++i) {
    layout.chunk.push_back(cursor.number(n_bytes));
    layout.chunk_bytes = saturating_product(layout.chunk_bytes, layout.chunk.back());
  }
  constexpr std::uint64_t kMost = 0xffffffff;  // that libhdf5 writes
  cursor.require(layout.chunk_bytes > 0 && layout.chunk_bytes <= kMost, "its chunks are of an impossible size");
  cursor.require(layout.chunk.back() == type.size, "its chunks have elements of another size");
  layout.chunk.pop_back();
}

Layout read_old_layout(Cursor& cursor, const Datatype& type) {
  Layout layout;
  const std::size_t n_dimensions = cursor.get<std::uint8_t>();
  const auto number = cursor.get<std::uint8_t>();
  cursor.require(number <= 2, "its kind is unknown");
  cursor.require(n_dimensions >= 1 && n_dimensions <= kMostRank + 1, "it has an impossible number of dimensions");
  layout.type = static_cast<Layout::Class>(number);
  cursor.skip(5);
  if (layout.type != Layout::Class::kCompact) layout.address = cursor.address();
  if (layout.type == Layout::Class::kChunked) {
    read_chunk_extent(cursor, n_dimensions, 4, type, layout);
  } else {
    cursor.skip(4 * n_dimensions);
  }
  if (layout.type == Layout::Class::kCompact) layout.values = cursor.take(cursor.get<std::uint32_t>());
  return layout;
}

/// What version 4 says of chunks.
void read_chunks(Cursor& cursor, const Datatype& type, Layout& layout) {
  constexpr std::uint8_t kSingleFiltered = 0x2, kKnownFlags = 0x3;
  const auto flags = cursor.get<std::uint8_t>();
  cursor.require((flags & ~kKnownFlags) == 0, "its flags are unknown");
  const std::size_t n_dimensions = cursor.get<std::uint8_t>();
  const std::size_t n_bytes = cursor.get<std::uint8_t>();
  cursor.require(n_bytes >= 1 && n_bytes <= 8, "its chunks are of an impossible size");
  read_chunk_extent(cursor, n_dimensions, n_bytes, type, layout);
  const auto index = cursor.get<std::uint8_t>();
  cursor.require(index >= 1 && index <= 5, "its index of chunks is of an unknown kind");
  layout.index = static_cast<ChunkIndex>(index);
  if (layout.index == ChunkIndex::kSingle && (flags & kSingleFiltered) != 0) {
    layout.stored_bytes = cursor.length();
    cursor.skip(4);  // filters left out
    cursor.require(layout.stored_bytes > 0, "its chunk is empty");
  } else if (layout.index == ChunkIndex::kFixedArray) {
    cursor.skip(1);
  } else if (layout.index == ChunkIndex::kExtensibleArray) {
    for (int i = 0; i < 5; ++i) cursor.require(cursor.get<std::uint8_t>() > 0, "its index of chunks is damaged");
  } else if (layout.index == ChunkIndex::kNewTree) {
    cursor.skip(4);
    const auto split = cursor.get<std::uint8_t>(), merge = cursor.get<std::uint8_t>();
    cursor.require(split > 0 && split <= 100 && merge > 0 && merge <= 100, "its index of chunks is damaged");
  }
  layout.address = cursor.address();
}

/// Which other file a virtual dataset shows, as far as that can be told.
std::string virtual_target(FileImage& file, Cursor& cursor) {
  const HeapReference place{.length = 1, .collection = cursor.address(), .object = cursor.get<std::uint32_t>()};
  if (place.collection == kUndefined) return "no other dataset";
  try {
    FileImage image = file.unclaimed();
    GlobalHeap heap(image);
    const ByteView block = heap.object(place);
    Cursor mappings(file, block, place.collection, "virtual dataset");
    mappings.skip(1 + file.format().length_bytes);
    const std::string other_file(mappings.text());
    const std::string dataset(mappings.text());
    return fmt::format("{} in {}", dataset, other_file == "." ? "the same file" : other_file);
  } catch (const core::InputError&) {
    return "other datasets";
  }
}

Layout read_new_layout(FileImage& file, Cursor& cursor, int version, const Datatype& type) {
  Layout layout;
  constexpr std::uint8_t kVirtual = 3;
  const auto number = cursor.get<std::uint8_t>();
  if (version == 4 && number == kVirtual) {
    file.refuse(
        fmt::format("is virtual: its values are those of {}, which is not followed", virtual_target(file, cursor)),
        kCopyValues);
  }
  cursor.require(number <= 2, "its kind is unknown");
  layout.type = static_cast<Layout::Class>(number);
  if (layout.type == Layout::Class::kCompact) {
    layout.values = cursor.take(cursor.get<std::uint16_t>());
  } else if (layout.type == Layout::Class::kContiguous) {
    layout.address = cursor.address();
    layout.stored_bytes = cursor.length();
  } else if (version == 4) {
    read_chunks(cursor, type, layout);
  } else {
    const std::size_t n_dimensions = cursor.get<std::uint8_t>();
    layout.address = cursor.address();
    read_chunk_extent(cursor, n_dimensions, 4, type, layout);
  }
  return layout;
}

/// The values that the layout has room for must be those that there are.
void require_room(const Cursor& cursor, Dataset& dataset, bool states_size) {
  Layout& layout = dataset.layout;
  const std::uint64_t n_bytes = saturating_product(dataset.space.n_elements, dataset.type.size);
  cursor.require(n_bytes != kUndefined, "its values are of an impossible size");
  if (layout.type == Layout::Class::kCompact) {
    cursor.require(layout.values.size() >= n_bytes, "it has no room for its values");
  } else if (layout.type == Layout::Class::kChunked) {
    cursor.require(layout.chunk.size() == dataset.space.extent.size(), "its chunks have other dimensions");
  } else if (states_size) {
    cursor.require(layout.stored_bytes >= n_bytes, "it has no room for its values");
  } else {
    layout.stored_bytes = n_bytes;
  }
}

void read_layout(FileImage& file, const Message& message, Dataset& dataset) {
  Cursor cursor = message.read(file, "layout of a dataset");
  const int version = cursor.get<std::uint8_t>();
  if (version == 5) {
    file.refuse("has chunks as HDF5 2.0 lays them out, which is not read here",
                "write the file again without libver, as AnnData does, or with libver=\"v114\"");
  }
  cursor.require(version >= 1 && version <= 4, "its version is unknown");
  dataset.layout =
      version < 3 ? read_old_layout(cursor, dataset.type) : read_new_layout(file, cursor, version, dataset.type);
  require_room(cursor, dataset, version >= 3);
}

/// True where there are filters.
bool check_pipeline(const FileImage& file, const Message& message) {
  constexpr int kMostFilters = 32;
  constexpr std::uint16_t kFirstForeign = 256;
  Cursor cursor = message.read(file, "list of filters");
  const int version = cursor.get<std::uint8_t>();
  cursor.require(version == 1 || version == 2, "its version is unknown");
  const int n_filters = cursor.get<std::uint8_t>();
  cursor.require(n_filters <= kMostFilters, "it has too many");
  if (version == 1) cursor.skip(6);
  for (int i = 0; i < n_filters; ++i) {
    const auto id = cursor.get<std::uint16_t>();
    const bool has_name = version == 1 || id >= kFirstForeign;
    const std::uint64_t n_name = has_name ? cursor.get<std::uint16_t>() : 0;
    cursor.skip(2);  // flags
    const auto n_values = cursor.get<std::uint16_t>();
    if (n_name > 0) {
      const ByteView name = cursor.take(n_name);
      cursor.require(std::ranges::find(name, std::byte{0}) != name.end(), "a name in it has no end");
    }
    cursor.skip(std::uint64_t{4} * n_values);
    if (version == 1 && n_values % 2 != 0) cursor.skip(4);
  }
  return n_filters > 0;
}

/// Notes the files that hold the values of a dataset. Throws InputError where such files are not followed.
void read_external_files(FileImage& file, const Message& message) {
  Cursor cursor = message.read(file, "list of external files");
  cursor.expect_version(1);
  cursor.skip(3 + 2);
  const auto n_files = cursor.get<std::uint16_t>();
  const std::uint64_t heap_address = cursor.address();
  cursor.require(n_files > 0 && heap_address != kUndefined, "it names no file");
  const LocalHeap heap(file, heap_address);
  const std::uint64_t no_end = kUndefined >> (8 * (8 - file.format().length_bytes));
  for (int i = 0; i < n_files; ++i) {
    const std::string name(heap.text(cursor.length()));
    const std::uint64_t begin = cursor.length(), n_bytes = cursor.length();
    if (file.others() == nullptr) {
      file.refuse(fmt::format("its values lie in the file {}, which is not followed", name),
                  "copy the values into the file, or follow it with --allow-external");
    }
    cursor.require(n_bytes == no_end || begin <= kUndefined - n_bytes, "a part of a file is of an impossible size");
    file.others()->values.push_back({name, n_bytes == no_end ? begin : begin + n_bytes});
  }
}

/// Empty where there is none.
ByteView read_fill_value(const FileImage& file, const Message& message, const Datatype& type) {
  Cursor cursor = message.read(file, "fill value");
  std::uint64_t n_bytes = 0;
  if (message.type == MessageType::kOldFillValue) {
    n_bytes = cursor.get<std::uint32_t>();
  } else {
    const int version = cursor.get<std::uint8_t>();
    cursor.require(version >= 1 && version <= 3, "its version is unknown");
    if (version == 3) {
      constexpr std::uint8_t kUndefinedValue = 0x10, kHasValue = 0x20, kKnownFlags = 0x3f;
      const auto flags = cursor.get<std::uint8_t>();
      const bool has_value = (flags & kHasValue) != 0;
      cursor.require((flags & ~kKnownFlags) == 0 && !(has_value && (flags & kUndefinedValue) != 0),
                     "its flags are unknown");
      if (has_value) n_bytes = cursor.get<std::uint32_t>();
    } else {
      cursor.skip(2);
      const bool has_value = cursor.get<std::uint8_t>() != 0;
      if (has_value || version == 1) n_bytes = cursor.get<std::uint32_t>();
    }
  }
  constexpr std::uint64_t kNoValue = 0xffffffff;
  if (n_bytes == 0 || n_bytes == kNoValue) return {};
  cursor.require(type.type == Datatype::Class::kUnknown || n_bytes == type.size, "it is of another size");
  return cursor.take(n_bytes);
}

}  // namespace

Dataspace read_dataspace(Cursor& cursor) {
  Dataspace space;
  const int version = cursor.get<std::uint8_t>();
  const std::size_t rank = cursor.get<std::uint8_t>();
  const auto flags = cursor.get<std::uint8_t>();
  const auto type = cursor.get<std::uint8_t>();
  cursor.require(version == 1 || version == 2, "its version is unknown");
  cursor.require(rank <= kMostRank, "it has too many dimensions");
  if (version == 1) cursor.skip(4);
  constexpr std::uint8_t kSimple = 1, kNull = 2;
  cursor.require(version == 1 || type == kSimple || (type <= kNull && rank == 0), "its kind is unknown");
  for (std::size_t i = 0; i < rank; ++i) space.extent.push_back(cursor.length());
  space.most = space.extent;
  if ((flags & 1U) != 0) {
    const std::uint64_t all_set = kUndefined >> (8 * (8 - cursor.file().format().length_bytes));
    for (std::size_t i = 0; i < rank; ++i) {
      const std::uint64_t most = cursor.length();
      cursor.require(space.extent[i] <= most, "it is larger than it may become");
      space.most[i] = most == all_set ? kUndefined : most;
    }
  }
  space.n_elements = version == 2 && type == kNull ? 0 : 1;
  if (std::ranges::count(space.extent, 0U) > 0) {
    space.n_elements = 0;
  } else {
    for (const std::uint64_t n : space.extent) space.n_elements = saturating_product(space.n_elements, n);
  }
  cursor.require(space.n_elements < kUndefined >> 1U, "it is of an impossible size");
  return space;
}

Datatype NamedTypes::read(const Message& message) {
  if (message.shared) return read(shared_place(file_, message));
  Cursor cursor = message.read(file_, kDatatype);
  return read_datatype(cursor);
}

Datatype NamedTypes::read(std::uint64_t object) {
  const auto known = types_.find(object);
  if (known != types_.end()) return known->second;
  const ObjectHeader header = read_object_header(file_, object);
  const Message* const type = header.find(MessageType::kDatatype);
  if (type == nullptr || type->shared) file_.fail(kDatatype, object, "the object that should hold it does not");
  return types_.try_emplace(object, read(*type)).first->second;
}

std::vector<std::uint64_t> NamedTypes::objects() const {
  std::vector<std::uint64_t> addresses;
  for (const auto& [address, type] : types_) addresses.push_back(address);
  return addresses;
}

Dataset read_dataset(FileImage& file, const ObjectHeader& header, NamedTypes& named) {
  constexpr const char* kDataset = "dataset";
  Dataset dataset;
  const Message* const space = header.find(MessageType::kDataspace);
  const Message* const type = header.find(MessageType::kDatatype);
  const Message* const layout = header.find(MessageType::kLayout);
  if (space == nullptr || type == nullptr || layout == nullptr) {
    file.fail(kDataset, header.address, "its shape, its type or its layout is missing");
  }
  if (const Message* const files = header.find(MessageType::kExternalFiles)) read_external_files(file, *files);
  Cursor cursor = space->read(file, "shape of a dataset");
  dataset.space = read_dataspace(cursor);
  dataset.type = named.read(*type);
  if (const Message* const filters = header.find(MessageType::kPipeline)) {
    dataset.has_filters = check_pipeline(file, *filters);
  }
  read_layout(file, *layout, dataset);
  for (const MessageType fill : {MessageType::kOldFillValue, MessageType::kFillValue}) {
    const Message* const message = header.find(fill);
    if (message == nullptr) continue;
    const ByteView value = read_fill_value(file, *message, dataset.type);
    if (!value.empty()) dataset.fill_value = value;
  }
  return dataset;
}

}  // namespace sctab::hdf5::structure
