#pragma once

#include <cstdint>
#include <vector>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// How one element is stored.
struct Datatype {
  enum class Class : std::uint8_t {
    kInteger,
    kFloat,
    kTime,
    kText,  // of a fixed length
    kBits,
    kOpaque,
    kCompound,
    kReference,
    kEnumeration,
    kVariable,  // a reference into the global heap
    kArray,
    kUnknown  // of a version newer than libhdf5 1.10 reads
  };
  struct Part;

  Class type = Class::kUnknown;
  std::uint32_t size = 0;            // bytes
  bool is_text = false;              // of kVariable
  bool has_heap_references = false;  // in any part, however deep
  std::vector<Part> parts;           // members of a compound; what arrays, variable lengths and enumerations are of
};

struct Datatype::Part {
  std::uint32_t offset = 0;  // within the element
  std::uint32_t count = 1;   // of an array
  Datatype type{};
};

/// Throws InputError where it contradicts itself, or is nested too deeply.
Datatype read_datatype(Cursor& cursor);

}  // namespace sctab::hdf5::structure
