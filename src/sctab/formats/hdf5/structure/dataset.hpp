#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sctab/formats/hdf5/structure/datatype.hpp"
#include "sctab/formats/hdf5/structure/object_header.hpp"

namespace sctab::hdf5::structure {

struct Dataspace {
  std::vector<std::uint64_t> extent;  // empty for a scalar
  std::vector<std::uint64_t> most;    // that each may grow to; kUndefined: any
  std::uint64_t n_elements = 0;
};
Dataspace read_dataspace(Cursor& cursor);

/// How the chunks of a dataset are found.
enum class ChunkIndex : std::uint8_t { kTree, kSingle, kImplicit, kFixedArray, kExtensibleArray, kNewTree };

struct Layout {
  enum class Class : std::uint8_t { kCompact, kContiguous, kChunked } type = Class::kCompact;
  std::uint64_t address = kUndefined;  // of the values, or of the index of chunks
  ByteView values;                     // where compact
  std::vector<std::uint64_t> chunk;    // extent of one
  std::uint64_t chunk_bytes = 0;       // of one without filters
  ChunkIndex index = ChunkIndex::kTree;
  std::uint64_t stored_bytes = 0;  // where contiguous; of a single chunk behind filters
};

/// A dataset as its header describes it.
struct Dataset {
  Dataspace space;
  Datatype type;
  Layout layout;
  bool has_filters = false;
  ByteView fill_value;  // of what was never written; empty: there is none
};

/// Datatypes that are objects of their own, each read once however many use it.
class NamedTypes {
 public:
  explicit NamedTypes(const FileImage& file) : file_(file.unclaimed()) {}

  /// The datatype that a message is, or that of the object it names. Throws InputError where it is damaged.
  Datatype read(const Message& message);
  Datatype read(std::uint64_t object);
  /// Addresses of the objects.
  [[nodiscard]] std::vector<std::uint64_t> objects() const;

 private:
  FileImage file_;
  std::map<std::uint64_t, Datatype> types_;
};

/// Throws InputError where anything is damaged or contradicts the rest, and naming the other file where the values lie
/// in one.
Dataset read_dataset(FileImage& file, const ObjectHeader& header, NamedTypes& named);

}  // namespace sctab::hdf5::structure
