#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::torch_checkpoint {

/// A zip file as torch.save writes it: entries stored without compression, zip64 where large. Only the list of entries
/// is in memory; an entry is read when it is asked for, and an entry not asked for never is. For one thread.
class ZipArchive {
 public:
  struct Entry {
    std::uint64_t header = 0;  // where its own header lies
    std::uint64_t n_bytes = 0;
    std::uint32_t crc32 = 0;
    bool readable = true;  // neither compressed nor encrypted
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// Throws InputError naming the file if it is not a zip file, is damaged, or lists a name twice.
  explicit ZipArchive(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const Entries& entries() const { return entries_; }
  [[nodiscard]] bool contains(std::string_view name) const { return entries_.contains(name); }
  /// Throws InputError naming file and entry where there is none.
  [[nodiscard]] const Entry& entry(std::string_view name) const;

  /// Fills `out`, which has the entry's size. Throws InputError naming file and entry where it is compressed, lies
  /// outside the file, or has another checksum than the list says.
  void read(std::string_view name, std::span<std::byte> out) const;
  /// The same into memory of its own, for entries up to this size.
  std::vector<std::byte> read(std::string_view name, std::uint64_t most_bytes) const;

 private:
  void read_at(std::uint64_t position, std::span<std::byte> out) const;
  [[nodiscard]] std::vector<std::byte> bytes_at(std::uint64_t position, std::uint64_t n) const;
  void read_list(std::uint64_t position, std::uint64_t n_bytes, std::uint64_t n_entries);
  [[noreturn]] void damaged(const std::string& what) const;

  std::filesystem::path path_;
  mutable std::ifstream file_;
  std::uint64_t file_bytes_ = 0;
  Entries entries_;
};

}  // namespace sctab::torch_checkpoint
