#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/input_file.hpp"

namespace sctab::zip {

/// What an archive should be, for messages, and how it is read.
struct ArchiveKind {
  std::string expected = "a zip file";
  std::string next_step = "copy or download the file again";
  /// Whether a name may be listed twice: the last one counts, as for programs that replace what they wrote by adding to
  /// the archive. Else that is damage.
  bool last_counts = false;
};

/// A zip file, with zip64 where large. Only the list of entries is in memory; an entry is read when it is asked for, by
/// any number of threads at once. Entries may not lie over one another: a small file would fill any memory.
class Archive {
 public:
  enum class Method : std::uint8_t { kStored, kDeflated, kUnknown };
  struct Entry {
    std::uint64_t n_bytes = 0;
    std::uint64_t n_stored = 0;  // in the file
    std::uint64_t header = 0;    // where its own header lies
    std::uint64_t end = 0;       // where what comes next begins
    std::uint32_t crc32 = 0;
    Method method = Method::kStored;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// Throws InputError naming the file if it is not a zip file, is damaged, or lists a name twice and may not.
  explicit Archive(std::filesystem::path path, ArchiveKind kind = {});

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// As it was opened; for core::require_unchanged().
  [[nodiscard]] const core::FileIdentity& identity() const { return identity_; }
  [[nodiscard]] const Entries& entries() const { return entries_; }
  [[nodiscard]] bool contains(std::string_view name) const { return entries_.contains(name); }
  /// Throws InputError naming file and entry where there is none.
  [[nodiscard]] const Entry& entry(std::string_view name) const;

  /// Fills `out`, which has the entry's size. Throws InputError naming file and entry where it is encrypted or
  /// compressed by anything but deflate, lies outside of the file, or has another checksum than the list says. Takes
  /// memory for the stored bytes of a deflated one.
  void read(std::string_view name, std::span<std::byte> out) const;
  /// The same into memory of its own, for entries up to this size.
  [[nodiscard]] std::vector<std::byte> read(std::string_view name, std::uint64_t most_bytes) const;
  /// Fills `out` with the bytes from `begin` on of an entry that is stored as it is: InputError where it is not, or
  /// has fewer. Checksums are of whole entries, so this checks none.
  void read_part(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const;
  /// The same for the bytes as they are stored, compressed or not: to copy an entry to another archive.
  void read_stored(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const;

 private:
  struct List;
  [[nodiscard]] List find_list() const;
  [[nodiscard]] List find_list64(std::uint64_t end_position, const List& list) const;
  void read_list(const List& list);
  /// Throws where entries lie over one another or over the list; else notes their ends.
  void bound_entries(std::vector<Entry*>& listed, const List& list) const;
  /// Where the entry's bytes begin. Throws where its own header is not as listed.
  [[nodiscard]] std::uint64_t begin_of(std::string_view name, const Entry& entry) const;
  void read_at(std::uint64_t position, std::span<std::byte> out) const;
  [[nodiscard]] std::vector<std::byte> bytes_at(std::uint64_t position, std::uint64_t n) const;
  [[noreturn]] void damaged(const std::string& what) const;

  std::filesystem::path path_;
  ArchiveKind kind_;
  core::FileDescriptor file_;
  core::FileIdentity identity_;
  std::uint64_t file_bytes_ = 0;
  Entries entries_;
};

}  // namespace sctab::zip
