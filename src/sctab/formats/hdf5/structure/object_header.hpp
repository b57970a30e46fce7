#pragma once

#include <cstdint>
#include <vector>

#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5::structure {

/// Kinds of header messages.
enum class MessageType : std::uint16_t {
  kNil = 0x0,
  kDataspace = 0x1,
  kLinkInfo = 0x2,
  kDatatype = 0x3,
  kOldFillValue = 0x4,
  kFillValue = 0x5,
  kLink = 0x6,
  kExternalFiles = 0x7,
  kLayout = 0x8,
  kGroupInfo = 0xA,
  kPipeline = 0xB,
  kAttribute = 0xC,
  kSharedTable = 0xF,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kTreeSizes = 0x13,
  kDriver = 0x14,
  kAttributeInfo = 0x15,
  kReferenceCount = 0x16,
  kFreeSpace = 0x17,
  kCacheImage = 0x18
};

struct Message {
  MessageType type{};
  bool shared = false;  // of a datatype: holds the place of the object that has it
  std::uint64_t address = 0;
  ByteView bytes{};

  [[nodiscard]] Cursor read(const FileImage& file, const char* what) const { return {file, bytes, address, what}; }
};

/// The messages of an object: a group, a dataset or a named datatype.
struct ObjectHeader {
  std::uint64_t address = 0;
  std::uint64_t n_references = 1;  // links to it, and uses as a named datatype
  std::vector<Message> messages;
  std::vector<Bytes> blocks;  // what the messages point into

  /// Null where there is none.
  [[nodiscard]] const Message* find(MessageType type) const;
};

/// Throws InputError where anything of it is damaged, or where a message is there twice that may be there once.
ObjectHeader read_object_header(FileImage& file, std::uint64_t address);

/// Where a shared message is: the address of the object header that holds it.
std::uint64_t shared_place(const FileImage& file, const Message& message);

}  // namespace sctab::hdf5::structure
