#include "sctab/formats/hdf5/structure/superblock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5::structure {
namespace {

using namespace std::string_view_literals;

constexpr const char* kSuperblock = "superblock";
constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n"sv;
constexpr std::uint64_t kMostBytes = 160;  // of any version's superblock

/// At byte 0, or at 512, 1024, 2048, … behind a user block.
std::optional<std::uint64_t> find_signature(const FileImage& file) {
  for (std::uint64_t at = 0; at < file.size() && file.size() - at >= kSignature.size();
       at = std::max<std::uint64_t>(512, 2 * at)) {
    const Bytes bytes = file.read(at, kSignature.size(), kSuperblock);
    if (std::memcmp(bytes.data(), kSignature.data(), bytes.size()) == 0) return at;
  }
  return std::nullopt;
}

std::size_t checked_width(const Cursor& cursor, std::uint8_t n_bytes) {
  cursor.require(n_bytes == 2 || n_bytes == 4 || n_bytes == 8, "its addresses are of an impossible size");
  return n_bytes;
}

/// The end that the superblock gives is counted from the file's begin as it was when written; user blocks may come and
/// go afterwards.
void set_end(FileImage& file, std::uint64_t written_base, std::uint64_t written_end, const Cursor& cursor) {
  FileImage::Format format = file.format();
  cursor.require(written_end >= written_base, "it gives an impossible size");
  format.end = written_end - written_base;
  const std::uint64_t held = file.size() - format.base;
  if (format.end > held) {
    const auto bytes = [](std::uint64_t n) { return core::format_count(static_cast<std::int64_t>(n & ~(1ULL << 63))); };
    file.refuse(fmt::format("is damaged or cut off: it has {} bytes of {}", bytes(file.size()),
                            bytes(format.base + format.end)),
                kCopyAgain);
  }
  file.set_format(format);
}

void require_sizes(const Cursor& cursor, const Superblock& block) {
  cursor.require(block.leaf_k > 0 && block.group_k > 0 && block.chunk_k > 0, "it gives nodes without entries");
}

Superblock read_old(FileImage& file, Cursor& cursor, int version) {
  Superblock block;
  FileImage::Format format = file.format();
  cursor.expect_version(0);  // of the free space
  cursor.expect_version(0);  // of the root group
  cursor.skip(1);
  cursor.expect_version(0);  // of shared headers
  format.address_bytes = checked_width(cursor, cursor.get<std::uint8_t>());
  format.length_bytes = checked_width(cursor, cursor.get<std::uint8_t>());
  file.set_format(format);
  cursor.skip(1);
  block.leaf_k = cursor.get<std::uint16_t>();
  block.group_k = cursor.get<std::uint16_t>();
  cursor.require(cursor.get<std::uint32_t>() <= 0xff, "its flags are unknown");
  if (version == 1) {
    block.chunk_k = cursor.get<std::uint16_t>();
    cursor.skip(2);
  }
  require_sizes(cursor, block);
  const std::uint64_t base = cursor.address();
  cursor.require(cursor.address() == kUndefined, "it has an extension, which its version does not");
  const std::uint64_t end = cursor.address();
  cursor.require(cursor.address() == kUndefined, "the file is one of several that belong together");
  cursor.skip(format.length_bytes);  // the root's name
  block.root = cursor.address();
  cursor.require(cursor.get<std::uint32_t>() <= 1, "the root group is damaged");
  cursor.skip(4 + 16);
  set_end(file, base, end, cursor);
  return block;
}

Superblock read_new(FileImage& file, Cursor& cursor, int version) {
  Superblock block;
  FileImage::Format format = file.format();
  format.address_bytes = checked_width(cursor, cursor.get<std::uint8_t>());
  format.length_bytes = checked_width(cursor, cursor.get<std::uint8_t>());
  file.set_format(format);
  constexpr std::uint8_t kWrites = 0x1, kWritesForReaders = 0x4;
  const auto flags = cursor.get<std::uint8_t>();
  block.has_writer = version == 3 && (flags & (kWrites | kWritesForReaders)) != 0;
  const std::uint64_t base = cursor.address();
  block.extension = cursor.address();
  const std::uint64_t end = cursor.address();
  block.root = cursor.address();
  cursor.expect_checksum();
  set_end(file, base, end, cursor);
  return block;
}

}  // namespace

std::optional<Superblock> read_superblock(FileImage& file) {
  const auto base = find_signature(file);
  if (!base) return std::nullopt;
  file.set_format({.base = *base, .end = file.size() - *base});
  const Bytes bytes = file.read(0, std::min(kMostBytes, file.format().end), kSuperblock);
  Cursor cursor(file, bytes, 0, kSuperblock);
  cursor.expect_signature(kSignature);
  const int version = cursor.get<std::uint8_t>();
  cursor.require(version <= 3, "its version is unknown");
  const Superblock block = version < 2 ? read_old(file, cursor, version) : read_new(file, cursor, version);
  file.claim(0, cursor.position(), kSuperblock);
  return block;
}

}  // namespace sctab::hdf5::structure
