#include "sctab/formats/torch_checkpoint/zip_archive.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/formats/torch_checkpoint/byte_cursor.hpp"

namespace sctab::torch_checkpoint {
namespace {

// Sizes and signatures of PKWARE's APPNOTE 6.3.
constexpr std::uint32_t kLocalHeader = 0x04034b50, kListEntry = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kEnd64Locator = 0x07064b50;
constexpr std::uint64_t kLocalHeaderBytes = 30, kListEntryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                        kEnd64LocatorBytes = 20, kMaxCommentBytes = 65535;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // "see the zip64 field"
constexpr std::uint16_t kIn64Short = 0xFFFF, kZip64Field = 1, kEncrypted = 1;

constexpr std::uint64_t kMaxListBytes = 64 << 20;  // of checkpoints it is some tens of kilobytes

struct ListPlace {
  std::uint64_t n_entries = 0, n_bytes = 0, position = 0;
};

/// Replaces the sizes and the position that did not fit 32 bits, in this order.
void read_zip64_field(ByteCursor extra, std::initializer_list<std::uint64_t*> wide) {
  while (true) {
    const auto id = extra.number<std::uint16_t>();
    const auto n_bytes = extra.number<std::uint16_t>();
    const auto field = extra.take(n_bytes);
    if (id != kZip64Field) continue;
    ByteCursor values(field, extra.place());
    for (std::uint64_t* value : wide) {
      if (*value == kIn64) *value = values.number<std::uint64_t>();
    }
    return;
  }
}

}  // namespace

ZipArchive::ZipArchive(std::filesystem::path path) : path_(std::move(path)) {
  (void)core::open_input(path_, {.expected = "a checkpoint (.ckpt)"});
  file_.open(path_, std::ios::binary);
  file_bytes_ = std::filesystem::file_size(path_);
  if (file_bytes_ < kEndBytes) damaged(fmt::format("has {} bytes", file_bytes_));

  // The end record is the last thing in the file but for a comment.
  const std::uint64_t n_tail = std::min(file_bytes_, kEndBytes + kMaxCommentBytes);
  const auto tail = bytes_at(file_bytes_ - n_tail, n_tail);
  std::uint64_t at = n_tail - kEndBytes;
  const auto is_end = [&] {
    ByteCursor cursor(std::span<const std::byte>(tail).subspan(at), {.file = path_.string()});
    if (cursor.number<std::uint32_t>() != kEnd) return false;
    cursor.take(kEndBytes - 6);
    return cursor.number<std::uint16_t>() == n_tail - at - kEndBytes;
  };
  while (!is_end()) {
    if (at == 0) damaged("has no end record of a zip file");
    --at;
  }

  ByteCursor end(std::span<const std::byte>(tail).subspan(at), {.file = path_.string()});
  end.take(10);
  ListPlace place;
  place.n_entries = end.number<std::uint16_t>();
  place.n_bytes = end.number<std::uint32_t>();
  place.position = end.number<std::uint32_t>();
  if (place.n_entries == kIn64Short || place.n_bytes == kIn64 || place.position == kIn64) {
    const std::uint64_t end_position = file_bytes_ - n_tail + at;
    if (end_position < kEnd64LocatorBytes) damaged("has no zip64 record");
    const auto locator_bytes = bytes_at(end_position - kEnd64LocatorBytes, kEnd64LocatorBytes);
    ByteCursor locator(locator_bytes, {.file = path_.string()});
    if (locator.number<std::uint32_t>() != kEnd64Locator) damaged("has no zip64 record");
    locator.take(4);
    const auto record_bytes = bytes_at(locator.number<std::uint64_t>(), kEnd64Bytes);
    ByteCursor record(record_bytes, {.file = path_.string()});
    if (record.number<std::uint32_t>() != kEnd64) damaged("has no zip64 record at the place it gives");
    record.take(28);
    place.n_entries = record.number<std::uint64_t>();
    place.n_bytes = record.number<std::uint64_t>();
    place.position = record.number<std::uint64_t>();
  }
  read_list(place.position, place.n_bytes, place.n_entries);
}

void ZipArchive::read_list(std::uint64_t position, std::uint64_t n_bytes, std::uint64_t n_entries) {
  if (n_bytes > kMaxListBytes || n_entries > n_bytes / kListEntryBytes) {
    damaged(fmt::format("announces a list of {} entries in {} bytes", n_entries, n_bytes));
  }
  const auto bytes = bytes_at(position, n_bytes);
  ByteCursor list(bytes, {.file = path_.string(), .key = "list of entries"});
  for (std::uint64_t i = 0; i < n_entries; ++i) {
    if (list.number<std::uint32_t>() != kListEntry) damaged(fmt::format("has a damaged entry {} in its list", i));
    list.take(4);
    const auto flags = list.number<std::uint16_t>();
    const auto method = list.number<std::uint16_t>();
    list.take(4);
    Entry entry;
    entry.crc32 = list.number<std::uint32_t>();
    std::uint64_t n_packed = list.number<std::uint32_t>();
    entry.n_bytes = list.number<std::uint32_t>();
    const auto name_bytes = list.number<std::uint16_t>(), extra_bytes = list.number<std::uint16_t>(),
               comment_bytes = list.number<std::uint16_t>();
    list.take(8);
    entry.header = list.number<std::uint32_t>();
    const std::string name(list.text(name_bytes));
    const auto extra = list.take(extra_bytes);
    if (entry.n_bytes == kIn64 || n_packed == kIn64 || entry.header == kIn64) {
      read_zip64_field(ByteCursor(extra, list.place()), {&entry.n_bytes, &n_packed, &entry.header});
    }
    list.take(comment_bytes);
    entry.readable = method == 0 && (flags & kEncrypted) == 0;
    if (entry.readable && n_packed != entry.n_bytes) {
      damaged(fmt::format("stores entry {} in {} bytes instead of {}", name, n_packed, entry.n_bytes));
    }
    if (!entries_.emplace(name, entry).second) damaged(fmt::format("lists entry {} twice", name));
  }
}

const ZipArchive::Entry& ZipArchive::entry(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) damaged(fmt::format("has no entry {}", name));
  return found->second;
}

void ZipArchive::read(std::string_view name, std::span<std::byte> out) const {
  const Entry& listed = entry(name);
  SCTAB_ASSERT(out.size() == listed.n_bytes);
  if (!listed.readable) {
    throw core::InputError({.file = path_.string(),
                            .key = std::string(name),
                            .found = "is compressed or encrypted",
                            .expected = "an entry that is stored as it is, as torch.save() writes it",
                            .next_step = "get the file as it was published"});
  }
  const auto header_bytes = bytes_at(listed.header, kLocalHeaderBytes);
  ByteCursor header(header_bytes, {.file = path_.string()});
  if (header.number<std::uint32_t>() != kLocalHeader) damaged(fmt::format("has no header for entry {}", name));
  header.take(22);
  const std::uint64_t name_bytes = header.number<std::uint16_t>(), extra_bytes = header.number<std::uint16_t>();
  const auto own_name = bytes_at(listed.header + kLocalHeaderBytes, name_bytes);
  if (ByteCursor(own_name, {.file = path_.string()}).text(name_bytes) != name) {
    damaged(fmt::format("entry {} has another name in its own header", name));
  }
  read_at(listed.header + kLocalHeaderBytes + name_bytes + extra_bytes, out);
  if (libdeflate_crc32(0, out.data(), out.size()) != listed.crc32) {
    damaged(fmt::format("entry {} has another checksum than listed", name));
  }
}

std::vector<std::byte> ZipArchive::read(std::string_view name, std::uint64_t most_bytes) const {
  const std::uint64_t n_bytes = entry(name).n_bytes;
  if (n_bytes > most_bytes) {
    damaged(fmt::format("entry {} has {} bytes, and {} at most can be read", name, n_bytes, most_bytes));
  }
  std::vector<std::byte> bytes(std::min(n_bytes, file_bytes_));
  if (bytes.size() != n_bytes) damaged(fmt::format("entry {} has {} bytes, more than the file", name, n_bytes));
  read(name, bytes);
  return bytes;
}

void ZipArchive::read_at(std::uint64_t position, std::span<std::byte> out) const {
  if (position > file_bytes_ || out.size() > file_bytes_ - position) {
    damaged(fmt::format("should have {} bytes at byte {}, and has {} in all", out.size(), position, file_bytes_));
  }
  file_.seekg(static_cast<std::streamoff>(position));
  file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  if (!file_) {
    file_.clear();
    damaged(fmt::format("cannot be read at byte {}", position));
  }
}

std::vector<std::byte> ZipArchive::bytes_at(std::uint64_t position, std::uint64_t n) const {
  std::vector<std::byte> bytes(std::min(n, file_bytes_));
  if (bytes.size() != n)
    damaged(fmt::format("should have {} bytes at byte {}, and has {} in all", n, position, file_bytes_));
  read_at(position, bytes);
  return bytes;
}

void ZipArchive::damaged(const std::string& what) const {
  throw core::InputError({.file = path_.string(),
                          .found = what,
                          .expected = "a zip file, as torch.save() writes it",
                          .next_step = "download it again; it is damaged, or not a checkpoint"});
}

}  // namespace sctab::torch_checkpoint
