#include "sctab/formats/zip/archive.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/byte_cursor.hpp"
#include "sctab/formats/codecs/expander.hpp"

namespace sctab::zip {
namespace {

using formats::ByteCursor;

// Sizes and signatures of PKWARE's APPNOTE 6.3.
constexpr std::uint32_t kLocalHeader = 0x04034b50, kListEntry = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kEnd64Locator = 0x07064b50;
constexpr std::uint64_t kLocalHeaderBytes = 30, kListEntryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                        kEnd64LocatorBytes = 20, kMaxCommentBytes = 65535;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // "see the zip64 field"
constexpr std::uint16_t kIn64Short = 0xFFFF, kZip64Field = 1, kEncrypted = 1;
constexpr std::uint16_t kStoredMethod = 0, kDeflatedMethod = 8;

constexpr std::uint64_t kMaxListBytes = 256 << 20;  // a chunk of a zarr takes some 150 bytes
constexpr std::int64_t kMemoryOfAnEntry = 256;
constexpr std::uint64_t kMostExpansion = 1032;  // of deflate

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

struct ListedEntry {
  std::string name;
  Archive::Entry entry;
};

/// The next entry of the list, whose signature was taken.
ListedEntry take_entry(ByteCursor& list) {
  ListedEntry listed;
  Archive::Entry& entry = listed.entry;
  list.take(4);
  const auto flags = list.number<std::uint16_t>();
  const auto method = list.number<std::uint16_t>();
  list.take(4);
  entry.crc32 = list.number<std::uint32_t>();
  entry.n_stored = list.number<std::uint32_t>();
  entry.n_bytes = list.number<std::uint32_t>();
  const auto name_bytes = list.number<std::uint16_t>(), extra_bytes = list.number<std::uint16_t>(),
             comment_bytes = list.number<std::uint16_t>();
  list.take(8);
  entry.header = list.number<std::uint32_t>();
  listed.name = list.text(name_bytes);
  const auto extra = list.take(extra_bytes);
  if (entry.n_bytes == kIn64 || entry.n_stored == kIn64 || entry.header == kIn64) {
    read_zip64_field(ByteCursor(extra, list.place()), {&entry.n_bytes, &entry.n_stored, &entry.header});
  }
  list.take(comment_bytes);
  const bool is_readable = (flags & kEncrypted) == 0 && (method == kStoredMethod || method == kDeflatedMethod);
  entry.method = !is_readable              ? Archive::Method::kUnknown
                 : method == kStoredMethod ? Archive::Method::kStored
                                           : Archive::Method::kDeflated;
  return listed;
}

}  // namespace

struct Archive::List {
  std::uint64_t n_entries = 0, n_bytes = 0, position = 0;
};

Archive::Archive(std::filesystem::path path, ArchiveKind kind)
    : path_(std::move(path)),
      kind_(std::move(kind)),
      file_(core::open_input(path_, {.expected = kind_.expected})),
      identity_(core::identity_of(file_, path_)),
      file_bytes_(static_cast<std::uint64_t>(identity_.bytes)) {
  if (file_bytes_ < kEndBytes) damaged(fmt::format("has {} bytes", file_bytes_));
  read_list(find_list());
}

Archive::List Archive::find_list() const {
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
  List list;
  list.n_entries = end.number<std::uint16_t>();
  list.n_bytes = end.number<std::uint32_t>();
  list.position = end.number<std::uint32_t>();
  const bool is_large = list.n_entries == kIn64Short || list.n_bytes == kIn64 || list.position == kIn64;
  return is_large ? find_list64(file_bytes_ - n_tail + at, list) : list;
}

Archive::List Archive::find_list64(std::uint64_t end_position, const List& list) const {
  if (end_position < kEnd64LocatorBytes) damaged("has no zip64 record");
  const auto locator_bytes = bytes_at(end_position - kEnd64LocatorBytes, kEnd64LocatorBytes);
  ByteCursor locator(locator_bytes, {.file = path_.string()});
  if (locator.number<std::uint32_t>() != kEnd64Locator) {
    if (list.n_bytes != kIn64 && list.position != kIn64) return list;  // just as many entries as 16 bits can say
    damaged("has no zip64 record");
  }
  locator.take(4);
  const auto record_bytes = bytes_at(locator.number<std::uint64_t>(), kEnd64Bytes);
  ByteCursor record(record_bytes, {.file = path_.string()});
  if (record.number<std::uint32_t>() != kEnd64) damaged("has no zip64 record at the place it gives");
  record.take(28);
  List large;
  large.n_entries = record.number<std::uint64_t>();
  large.n_bytes = record.number<std::uint64_t>();
  large.position = record.number<std::uint64_t>();
  return large;
}

void Archive::read_list(const List& list) {
  if (list.n_bytes > kMaxListBytes || list.n_entries > list.n_bytes / kListEntryBytes) {
    damaged(fmt::format("announces a list of {} entries in {} bytes", list.n_entries, list.n_bytes));
  }
  core::require_memory(static_cast<std::int64_t>(list.n_entries), kMemoryOfAnEntry,
                       {.file = path_.string(), .found = fmt::format("announces {} entries", list.n_entries)});
  const auto bytes = bytes_at(list.position, list.n_bytes);
  ByteCursor cursor(bytes, {.file = path_.string(), .key = "list of entries"});
  std::vector<Entry*> listed;
  std::deque<Entry> replaced;  // stays where it is while it grows
  for (std::uint64_t i = 0; i < list.n_entries; ++i) {
    if (cursor.number<std::uint32_t>() != kListEntry) damaged(fmt::format("has a damaged entry {} in its list", i));
    const auto [name, entry] = take_entry(cursor);
    if (entry.method == Method::kStored && entry.n_stored != entry.n_bytes) {
      damaged(fmt::format("stores entry {} in {} bytes instead of {}", name, entry.n_stored, entry.n_bytes));
    }
    if (entry.n_stored > file_bytes_ ||
        (entry.method == Method::kDeflated && entry.n_bytes / kMostExpansion > entry.n_stored)) {
      damaged(fmt::format("announces {} bytes of entry {} in {} bytes", entry.n_bytes, name, entry.n_stored));
    }
    const auto [place, is_new] = entries_.try_emplace(name, entry);
    if (is_new) {
      listed.push_back(&place->second);
      continue;
    }
    if (!kind_.last_counts) damaged(fmt::format("lists entry {} twice", name));
    listed.push_back(&replaced.emplace_back(entry));
    std::swap(*listed.back(), place->second);
  }
  if (cursor.position() != list.n_bytes) {
    damaged(fmt::format("lists more than the {} entries that it announces", list.n_entries));
  }
  bound_entries(listed, list);
}

void Archive::bound_entries(std::vector<Entry*>& listed, const List& list) const {
  std::ranges::sort(listed, {}, &Entry::header);
  for (std::size_t i = 0; i < listed.size(); ++i) {
    Entry& entry = *listed[i];
    entry.end = i + 1 < listed.size() ? listed[i + 1]->header : list.position;
    const bool fits = entry.header < entry.end && entry.end - entry.header >= kLocalHeaderBytes &&
                      entry.end - entry.header - kLocalHeaderBytes >= entry.n_stored;
    if (!fits) damaged(fmt::format("has entries that lie over one another at byte {}", entry.header));
  }
}

const Archive::Entry& Archive::entry(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) damaged(fmt::format("has no entry {}", name));
  return found->second;
}

std::uint64_t Archive::begin_of(std::string_view name, const Entry& entry) const {
  if (entry.method == Method::kUnknown) {
    throw core::InputError({.file = path_.string(),
                            .key = std::string(name),
                            .found = "is encrypted, or compressed by a method other than deflate",
                            .expected = kind_.expected,
                            .next_step = "write the archive again without compression"});
  }
  const auto header_bytes = bytes_at(entry.header, kLocalHeaderBytes);
  ByteCursor header(header_bytes, {.file = path_.string()});
  if (header.number<std::uint32_t>() != kLocalHeader) damaged(fmt::format("has no header for entry {}", name));
  header.take(22);
  const std::uint64_t name_bytes = header.number<std::uint16_t>(), extra_bytes = header.number<std::uint16_t>();
  const auto own_name = bytes_at(entry.header + kLocalHeaderBytes, name_bytes);
  if (ByteCursor(own_name, {.file = path_.string()}).text(name_bytes) != name) {
    damaged(fmt::format("entry {} has another name in its own header", name));
  }
  const std::uint64_t begin = entry.header + kLocalHeaderBytes + name_bytes + extra_bytes;
  if (begin > entry.end || entry.n_stored > entry.end - begin) {
    damaged(fmt::format("entry {} reaches into what comes next", name));
  }
  return begin;
}

void Archive::read(std::string_view name, std::span<std::byte> out) const {
  const Entry& listed = entry(name);
  SCTAB_ASSERT(out.size() == listed.n_bytes);
  const std::uint64_t begin = begin_of(name, listed);
  if (listed.method == Method::kStored) {
    read_at(begin, out);
  } else {
    core::require_memory(static_cast<std::int64_t>(listed.n_stored), 1,
                         {.file = path_.string(), .key = std::string(name), .found = "is stored in one piece"});
    const auto stored = bytes_at(begin, listed.n_stored);
    if (codecs::Expander().expand(codecs::Codec::kDeflate, stored, out) != out.size()) {
      damaged(fmt::format("entry {} cannot be expanded", name));
    }
  }
  if (libdeflate_crc32(0, out.data(), out.size()) != listed.crc32) {
    damaged(fmt::format("entry {} has another checksum than listed", name));
  }
}

std::vector<std::byte> Archive::read(std::string_view name, std::uint64_t most_bytes) const {
  const Entry& listed = entry(name);
  if (listed.n_bytes > most_bytes) {
    damaged(fmt::format("entry {} has {} bytes, and {} at most can be read", name, listed.n_bytes, most_bytes));
  }
  core::require_memory(static_cast<std::int64_t>(listed.n_bytes), 1,
                       {.file = path_.string(), .key = std::string(name), .found = "is read in one piece"});
  std::vector<std::byte> bytes(listed.n_bytes);
  read(name, bytes);
  return bytes;
}

void Archive::read_part(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const {
  if (entry(name).method != Method::kStored) {
    throw core::InputError({.file = path_.string(),
                            .key = std::string(name),
                            .found = "is compressed, and cannot be read in parts",
                            .next_step = "write the archive again without compression"});
  }
  read_stored(name, begin, out);
}

void Archive::read_stored(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const {
  const Entry& listed = entry(name);
  if (begin > listed.n_stored || out.size() > listed.n_stored - begin) {
    damaged(fmt::format("entry {} should have {} bytes at byte {}, and has {} in all", name, out.size(), begin,
                        listed.n_stored));
  }
  read_at(begin_of(name, listed) + begin, out);
}

void Archive::read_at(std::uint64_t position, std::span<std::byte> out) const {
  if (position > file_bytes_ || out.size() > file_bytes_ - position) {
    damaged(fmt::format("should have {} bytes at byte {}, and has {} in all", out.size(), position, file_bytes_));
  }
  if (core::read_at(file_.get(), static_cast<std::int64_t>(position), out) != 0) {
    damaged(fmt::format("cannot be read at byte {}", position));
  }
}

std::vector<std::byte> Archive::bytes_at(std::uint64_t position, std::uint64_t n) const {
  if (n > file_bytes_) {
    damaged(fmt::format("should have {} bytes at byte {}, and has {} in all", n, position, file_bytes_));
  }
  std::vector<std::byte> bytes(n);
  read_at(position, bytes);
  return bytes;
}

void Archive::damaged(const std::string& what) const {
  throw core::InputError(
      {.file = path_.string(), .found = what, .expected = kind_.expected, .next_step = kind_.next_step});
}

}  // namespace sctab::zip
